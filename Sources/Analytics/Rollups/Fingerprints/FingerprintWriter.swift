import Segments
import Numbers
import Storage
import Aggregation
import Texts

/// Counts the visitors for each value of a signal; each visitor counts once, with the latest fingerprint.
///
/// Rows that the portion touches are read first, in bulk. Fingerprints are then applied one by one, so that admission
/// depends only on their order.
struct FingerprintWriter {
    let database: any Database
    let names: AdmittedNames
    /// The numbers of the visitors of the portion's fingerprints, by id.
    let visitors: [ByteText: UInt32]

    /// Limit of distinct values per signal and site; further values are counted as `(other)`.
    static let valuesMax: Int64 = 100_000

    /// The fingerprint of a visitor; its values are numbers of a `SignalValues`, sorted.
    private struct Kept {
        var values: [Int]
        var reports: Int64
        var changed: Int64
        var firstSeen: Int64
        var lastSeen: Int64
    }

    private struct Key: Hashable {
        @ByteText var visitorID: String
        @ByteText var site: String
    }

    private struct Reading {
        var key: Key
        var seconds: Int64
        /// Numbers of values, sorted.
        var values: [Int]
    }

    /// Counts for the signals of a portion, before it and with its changes.
    private struct State {
        var names = SignalValues()
        var visitors: [Key: Kept] = [:]
        /// Numbers of visitors by the number of a value.
        var before: [Int64] = []
        var counts: [Int64] = []
        /// Codes of values, by number; 0 for one without a row.
        var codes: [UInt32] = []
        /// By the number of a signal: the number of distinct values that any visitor has.
        var distinct: [Int64] = []
        /// By the number of a signal: visitors that sent it again, and those of them with another value.
        var returns: [(returns: Int64, changes: Int64)] = []
    }

    /// - Returns: the last fingerprints of the visitors of the portion.
    func write(_ fingerprints: [FingerprintReading]) throws(StoreError) -> [FingerprintRow] {
        guard !fingerprints.isEmpty else { return [] }
        var state = State()
        try readVisitors(fingerprints, &state)
        // Admit names first: rows of names beyond the limit need no lookup.
        var readings: [Reading] = []
        var admitted = Set(state.visitors.keys)
        for fingerprint in fingerprints {
            let key = Key(visitorID: fingerprint.visitorID, site: fingerprint.site)
            guard admitted.contains(key) || names.admit(.fingerprint, seconds: fingerprint.seconds) else { continue }
            admitted.insert(key)
            let values = state.names.numbers(named(fingerprint), site: fingerprint.site)
            readings.append(Reading(key: key, seconds: fingerprint.seconds, values: values))
        }
        try readCounts(&state)
        for reading in readings { add(reading, to: &state) }
        let changed = Set(readings.map(\.key))
        var codes = try FingerprintCodes(database)
        try assignCodes(&state, &codes)
        let rows = rows(changed, state, &codes)
        try codes.write()
        try writeVisitors(changed, state)
        try writeValues(state)
        try writeReturns(state)
        return rows
    }

    /// Assigns codes to the values that the site has not had.
    private func assignCodes(_ state: inout State, _ codes: inout FingerprintCodes) throws(StoreError) {
        let new = state.names.values.indices.filter { state.codes[$0] == 0 && state.counts[$0] > 0 }
        let texts = new.map { number in
            let value = state.names.values[number]
            return SignalText(signal: state.names.signals[value.signal].name, hash: value.hash)
        }
        let found = try codes.codes(of: texts)
        for (number, text) in zip(new, texts) { state.codes[number] = found[text] ?? 0 }
    }

    private func rows(_ changed: Set<Key>, _ state: State, _ codes: inout FingerprintCodes) -> [FingerprintRow] {
        let signals = state.names.signals.map { codes.number(of: $0.name) }
        return changed.compactMap { key in
            guard let kept = state.visitors[key], let visitor = visitors[ByteText(key.visitorID)] else { return nil }
            let values = kept.values.map { number in
                FingerprintValue(signal: signals[state.names.signal(of: number)], code: state.codes[number])
            }
            return FingerprintRow(visitor: visitor, site: key.site, seen: kept.lastSeen, values: values)
        }
    }

    /// The signals under the names that have rows; all signals beyond the limit are combined into `(other)`.
    private func named(_ fingerprint: FingerprintReading) -> [(name: String, hash: String)] {
        var (signals, hasOther): ([(name: String, hash: String)], Bool) = ([], false)
        for (name, hash) in fingerprint.signals {
            let own = names.signal(name, site: fingerprint.site)
            if own == DimensionDictionaries.otherText { hasOther = true } else { signals.append((own, hash)) }
        }
        let other = DimensionDictionaries.otherText
        return hasOther ? signals + [(other, other)] : signals
    }

    private func add(_ reading: Reading, to state: inout State) {
        let kept = state.visitors[reading.key]
        let before = kept?.values ?? []
        for value in before {
            state.counts[value] = state.counts[value].adding(saturating: -1)
            if state.counts[value] == 0 { state.distinct[state.names.signal(of: value)] -= 1 }
        }
        var now: [Int] = []
        for reported in reading.values {
            let signal = state.names.signal(of: reported)
            let isOneTooMany = state.counts[reported] == 0 && state.distinct[signal] >= Self.valuesMax
            let value = isOneTooMany ? state.names.other(of: signal) : reported
            state.counts[value] = state.counts[value].adding(saturating: 1)
            if state.counts[value] == 1 { state.distinct[signal] += 1 }
            now.append(value)
            guard let known = before.first(where: { state.names.signal(of: $0) == signal }) else { continue }
            state.returns[signal].returns += 1
            if known != value { state.returns[signal].changes += 1 }
        }
        now.sort()
        let hasChanged = kept != nil && before != now
        state.visitors[reading.key] = Kept(
            values: now,
            reports: (kept?.reports ?? 0).adding(saturating: 1),
            changed: (kept?.changed ?? 0).adding(saturating: hasChanged ? 1 : 0),
            firstSeen: min(kept?.firstSeen ?? .max, reading.seconds),
            lastSeen: max(kept?.lastSeen ?? .min, reading.seconds)
        )
    }

    // MARK: - Reading

    private func readVisitors(_ fingerprints: [FingerprintReading], _ state: inout State) throws(StoreError) {
        let keys = Set(fingerprints.map { Key(visitorID: $0.visitorID, site: $0.site) })
        let rows = try database.lookup(
            "insight_fingerprints",
            key: ["visitor_id", "site"],
            keys.map { [.text($0.visitorID), .text($0.site)] },
            columns: ["visitor_id", "site", "signals", "reports", "changed", "first_seen", "last_seen"]
        )
        for row in rows {
            let key = Key(visitorID: row[0].text ?? "", site: row[1].text ?? "")
            let signals = FingerprintReading.decoded(row[2].text ?? "")
            state.visitors[key] = Kept(
                values: state.names.numbers(signals.map { ($0.key.text, $0.value) }, site: key.site),
                reports: row[3].integer ?? 0,
                changed: row[4].integer ?? 0,
                firstSeen: row[5].integer ?? 0,
                lastSeen: row[6].integer ?? 0
            )
        }
    }

    /// Reads visitor counts for the previous and the new values of all visitors of the portion.
    private func readCounts(_ state: inout State) throws(StoreError) {
        let (values, signals) = (state.names.values, state.names.signals)
        state.before = Array(repeating: 0, count: values.count)
        state.codes = Array(repeating: 0, count: values.count)
        state.distinct = Array(repeating: 0, count: signals.count)
        state.returns = Array(repeating: (0, 0), count: signals.count)
        let rows = try database.lookup(
            "insight_signals",
            key: ["signal", "hash", "site"],
            values.map { [.text(signals[$0.signal].name), .text($0.hash), .text(signals[$0.signal].site)] },
            columns: ["site", "signal", "hash", "visitors", "code"]
        )
        for row in rows {
            let signal = SignalValues.Signal(site: row[0].text ?? "", name: row[1].text ?? "")
            guard let value = state.names.number(signal, row[2].text ?? "") else { continue }
            (state.before[value], state.codes[value]) = (row[3].integer ?? 0, UInt32(clamping: row[4].integer ?? 0))
        }
        state.counts = state.before
        let sizes = try database.lookup(
            "insight_signal_sizes",
            key: ["site", "signal"],
            signals.map { [.text($0.site), .text($0.name)] },
            columns: ["site", "signal", "hashes"]
        )
        for row in sizes {
            let signal = SignalValues.Signal(site: row[0].text ?? "", name: row[1].text ?? "")
            if let number = state.names.number(signal) { state.distinct[number] += row[2].integer ?? 0 }
        }
    }

    // MARK: - Writing

    private func writeVisitors(_ changed: Set<Key>, _ state: State) throws(StoreError) {
        try database.insert(
            "insert into insight_fingerprints (visitor_id, site, signals, reports, changed, first_seen, last_seen)",
            changed.compactMap { key in
                state.visitors[key].map { kept in
                    let text = state.names.texts(kept.values).map { "\($0.name) \($0.hash)" }
                    return [
                        .text(key.visitorID), .text(key.site), .text(text.joined(separator: "\n")),
                        .integer(kept.reports), .integer(kept.changed), .integer(kept.firstSeen),
                        .integer(kept.lastSeen),
                    ]
                }
            },
            """
            on conflict (visitor_id, site) do update
            set signals = excluded.signals, reports = excluded.reports, changed = excluded.changed,
                first_seen = excluded.first_seen, last_seen = excluded.last_seen
            """
        )
    }

    private func writeValues(_ state: State) throws(StoreError) {
        var (rows, deleted): ([[SQLValue]], [[SQLValue]]) = ([], [])
        var moved: [Int: [Int64: Int64]] = [:]
        for (number, value) in state.names.values.enumerated() {
            let (before, count) = (state.before[number], state.counts[number])
            guard count != before else { continue }
            moved[value.signal, default: [:]][before, default: 0] -= 1
            moved[value.signal, default: [:]][count, default: 0] += 1
            let signal = state.names.signals[value.signal]
            // A value without visitors is deleted.
            if count == 0 {
                deleted.append([.text(signal.name), .text(value.hash), .text(signal.site)])
            } else {
                let code = SQLValue.integer(Int64(state.codes[number]))
                rows.append([.text(signal.site), .text(signal.name), .text(value.hash), .integer(count), code])
            }
        }
        try database.insert(
            "insert into insight_signals (site, signal, hash, visitors, code)",
            rows,
            "on conflict (signal, hash, site) do update set visitors = excluded.visitors"
        )
        try database.delete("insight_signals", key: ["signal", "hash", "site"], deleted, where: "true")
        try writeSizes(moved, state)
    }

    private func writeSizes(_ moved: [Int: [Int64: Int64]], _ state: State) throws(StoreError) {
        var (sizes, fewer): ([[SQLValue]], [[SQLValue]]) = ([], [])
        for (number, counts) in moved {
            let signal = state.names.signals[number]
            for (count, hashes) in counts where count > 0 && hashes != 0 {
                let key: [SQLValue] = [.text(signal.site), .text(signal.name), .integer(count)]
                sizes.append(key + [.integer(hashes)])
                if hashes < 0 { fewer.append(key) }
            }
        }
        try database.insert(
            "insert into insight_signal_sizes as kept (site, signal, visitors, hashes)",
            sizes,
            "on conflict (site, signal, visitors) do update set hashes = kept.hashes + excluded.hashes"
        )
        try database.delete("insight_signal_sizes", key: ["site", "signal", "visitors"], fewer, where: "hashes = 0")
    }

    private func writeReturns(_ state: State) throws(StoreError) {
        let changed = zip(state.names.signals, state.returns).filter { $0.1.returns > 0 }
        try database.insert(
            "insert into insight_signal_returns as kept (site, signal, returns, changes)",
            changed.map { [.text($0.site), .text($0.name), .integer($1.returns), .integer($1.changes)] },
            """
            on conflict (site, signal) do update
            set returns = kept.returns + excluded.returns, changes = kept.changes + excluded.changes
            """
        )
    }
}
