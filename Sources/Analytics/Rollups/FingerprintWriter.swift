import Segments
import Numbers
import Storage
import Aggregation

/// Counts the visitors for each value of a signal; each visitor counts once, with the latest fingerprint.
///
/// Rows that the portion touches are read first, in bulk. Fingerprints are then applied one by one, so that admission
/// depends only on their order.
struct FingerprintWriter {
    let database: any Database
    let names: AdmittedNames

    /// Limit of distinct values per signal and site; further values are counted as `(other)`.
    static let valuesMax: Int64 = 100_000

    private struct Kept {
        var signals: [String: String]
        var reports: Int64
        var changed: Int64
        var firstSeen: Int64
        var lastSeen: Int64
    }

    private struct Key: Hashable {
        var visitorID: String
        var site: String
    }

    private struct Signal: Hashable {
        var site: String
        var signal: String
    }

    private struct Value: Hashable {
        var signal: Signal
        var hash: String
    }

    /// Counts for the signals of a portion, before it and with its changes.
    private struct State {
        var visitors: [Key: Kept] = [:]
        var before: [Value: Int64] = [:]
        var counts: [Value: Int64] = [:]
        /// Number of distinct values of a signal that any visitor has.
        var distinct: [Signal: Int64] = [:]
        var returns: [Signal: (returns: Int64, changes: Int64)] = [:]
    }

    func write(_ fingerprints: [FingerprintReading]) throws(StoreError) {
        guard !fingerprints.isEmpty else { return }
        var state = State()
        state.visitors = try readVisitors(fingerprints)
        // Admit names first: rows of names beyond the limit need no lookup.
        var readings: [(key: Key, seconds: Int64, signals: [String: String])] = []
        var admitted = Set(state.visitors.keys)
        for fingerprint in fingerprints {
            let key = Key(visitorID: fingerprint.visitorID, site: fingerprint.site)
            guard admitted.contains(key) || names.admit(.fingerprint, seconds: fingerprint.seconds) else { continue }
            admitted.insert(key)
            readings.append((key, fingerprint.seconds, named(fingerprint)))
        }
        try readValues(readings.map { ($0.key, $0.signals) }, &state)
        var changed: Set<Key> = []
        for (key, seconds, signals) in readings {
            add(signals, of: key, at: seconds, to: &state)
            changed.insert(key)
        }
        try writeVisitors(changed, state)
        try writeValues(state)
        try database.insert(
            "insert into insight_signal_returns as kept (site, signal, returns, changes)",
            state.returns.map { [.text($0.site), .text($0.signal), .integer($1.returns), .integer($1.changes)] },
            """
            on conflict (site, signal) do update
            set returns = kept.returns + excluded.returns, changes = kept.changes + excluded.changes
            """
        )
    }

    /// Hashes by signal name; all signals beyond the limit are combined into `(other)`.
    private func named(_ fingerprint: FingerprintReading) -> [String: String] {
        var signals: [String: String] = [:]
        for (name, hash) in fingerprint.signals {
            let own = names.signal(name, site: fingerprint.site)
            signals[own] = own == DimensionDictionaries.otherText ? DimensionDictionaries.otherText : hash
        }
        return signals
    }

    private func add(_ signals: [String: String], of key: Key, at seconds: Int64, to state: inout State) {
        let kept = state.visitors[key]
        let before = kept?.signals ?? [:]
        var now: [String: String] = [:]
        for (name, hash) in before {
            let signal = Signal(site: key.site, signal: name)
            let left = state.counts[Value(signal: signal, hash: hash), default: 0].adding(saturating: -1)
            state.counts[Value(signal: signal, hash: hash)] = left
            if left == 0 { state.distinct[signal, default: 0] -= 1 }
        }
        for (name, reported) in signals {
            let signal = Signal(site: key.site, signal: name)
            var hash = reported
            if state.counts[Value(signal: signal, hash: hash), default: 0] == 0,
                state.distinct[signal, default: 0] >= Self.valuesMax
            {
                hash = DimensionDictionaries.otherText
            }
            let count = state.counts[Value(signal: signal, hash: hash), default: 0].adding(saturating: 1)
            state.counts[Value(signal: signal, hash: hash)] = count
            if count == 1 { state.distinct[signal, default: 0] += 1 }
            now[name] = hash
            guard let known = before[name] else { continue }
            let sum = state.returns[signal] ?? (0, 0)
            state.returns[signal] = (sum.returns + 1, sum.changes + (known == hash ? 0 : 1))
        }
        let hasChanged = kept != nil && before != now
        state.visitors[key] = Kept(
            signals: now,
            reports: (kept?.reports ?? 0).adding(saturating: 1),
            changed: (kept?.changed ?? 0).adding(saturating: hasChanged ? 1 : 0),
            firstSeen: min(kept?.firstSeen ?? .max, seconds),
            lastSeen: max(kept?.lastSeen ?? .min, seconds)
        )
    }

    // MARK: - Reading

    private func readVisitors(_ fingerprints: [FingerprintReading]) throws(StoreError) -> [Key: Kept] {
        let keys = Set(fingerprints.map { Key(visitorID: $0.visitorID, site: $0.site) })
        let rows = try database.lookup(
            "insight_fingerprints",
            key: ["visitor_id", "site"],
            keys.map { [.text($0.visitorID), .text($0.site)] },
            columns: ["visitor_id", "site", "signals", "reports", "changed", "first_seen", "last_seen"]
        )
        var visitors: [Key: Kept] = [:]
        for row in rows {
            visitors[Key(visitorID: row[0].text ?? "", site: row[1].text ?? "")] = Kept(
                signals: FingerprintReading.decoded(row[2].text ?? ""),
                reports: row[3].integer ?? 0,
                changed: row[4].integer ?? 0,
                firstSeen: row[5].integer ?? 0,
                lastSeen: row[6].integer ?? 0
            )
        }
        return visitors
    }

    /// Reads visitor counts for the previous and the new values of these visitors.
    private func readValues(_ readings: [(Key, [String: String])], _ state: inout State) throws(StoreError) {
        var values: Set<Value> = []
        for (key, signals) in readings {
            for (name, hash) in state.visitors[key]?.signals ?? [:] {
                values.insert(Value(signal: Signal(site: key.site, signal: name), hash: hash))
            }
            for (name, hash) in signals {
                values.insert(Value(signal: Signal(site: key.site, signal: name), hash: hash))
            }
        }
        let signals = Set(values.map(\.signal))
        values.formUnion(signals.map { Value(signal: $0, hash: DimensionDictionaries.otherText) })
        let rows = try database.lookup(
            "insight_signals",
            key: ["signal", "hash", "site"],
            values.map { [.text($0.signal.signal), .text($0.hash), .text($0.signal.site)] },
            columns: ["site", "signal", "hash", "visitors"]
        )
        for row in rows {
            let signal = Signal(site: row[0].text ?? "", signal: row[1].text ?? "")
            state.before[Value(signal: signal, hash: row[2].text ?? "")] = row[3].integer
        }
        state.counts = state.before
        let sizes = try database.lookup(
            "insight_signal_sizes",
            key: ["site", "signal"],
            signals.map { [.text($0.site), .text($0.signal)] },
            columns: ["site", "signal", "hashes"]
        )
        for row in sizes {
            state.distinct[Signal(site: row[0].text ?? "", signal: row[1].text ?? ""), default: 0] +=
                row[2].integer ?? 0
        }
    }

    // MARK: - Writing

    private func writeVisitors(_ changed: Set<Key>, _ state: State) throws(StoreError) {
        try database.insert(
            "insert into insight_fingerprints (visitor_id, site, signals, reports, changed, first_seen, last_seen)",
            changed.compactMap { key in
                state.visitors[key].map { kept in
                    let text = kept.signals.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
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
        var moved: [Signal: [Int64: Int64]] = [:]
        for (value, count) in state.counts {
            let before = state.before[value] ?? 0
            guard count != before else { continue }
            moved[value.signal, default: [:]][before, default: 0] -= 1
            moved[value.signal, default: [:]][count, default: 0] += 1
            let (signal, site) = (SQLValue.text(value.signal.signal), SQLValue.text(value.signal.site))
            // A value without visitors is deleted.
            if count == 0 {
                deleted.append([signal, .text(value.hash), site])
            } else {
                rows.append([site, signal, .text(value.hash), .integer(count)])
            }
        }
        try database.insert(
            "insert into insight_signals (site, signal, hash, visitors)",
            rows,
            "on conflict (signal, hash, site) do update set visitors = excluded.visitors"
        )
        try database.delete("insight_signals", key: ["signal", "hash", "site"], deleted, where: "true")
        try writeSizes(moved)
    }

    private func writeSizes(_ moved: [Signal: [Int64: Int64]]) throws(StoreError) {
        var (sizes, fewer): ([[SQLValue]], [[SQLValue]]) = ([], [])
        for (signal, counts) in moved {
            for (count, hashes) in counts where count > 0 && hashes != 0 {
                let key: [SQLValue] = [.text(signal.site), .text(signal.signal), .integer(count)]
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
}
