import Sketches
import Storage

/// What a visitor's browser has told of itself.
struct FingerprintTold: Sendable {
    /// Signals of one fingerprint, and bytes of a name or a hash.
    static let signalsMax = 40
    static let bytesMax = 64
    /// The name under which the hash of all stable signals stands.
    static let all = "all"

    let visitorID: String
    let site: String
    let seconds: Int64
    /// Names and hashes of the signals, by name.
    let signals: [(name: String, hash: String)]

    /// Nil when nothing was told.
    init?(_ event: StoredEvent, _ told: JSONTree) {
        visitorID = event.visitorID
        site = event.site
        seconds = event.seconds
        func isFit(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.count <= Self.bytesMax && !text.utf8.contains { $0 <= 0x20 }
        }
        var known: [String: String] = [:]
        for (name, part) in told["parts"].members.prefix(Self.signalsMax) where name != Self.all && isFit(name) {
            // What answers at random on purpose is no value that could be shared.
            let isStable = part["stable"].isTrue || part["isStable"].isTrue
            if let hash = part["hash"].text, isFit(hash) { known[name] = isStable ? hash : "(random)" }
        }
        if let hash = told["hash"].text, isFit(hash) { known[Self.all] = hash }
        guard !known.isEmpty else { return nil }
        signals = known.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// A line for each signal: its name, a space, its hash.
    var encoded: String { signals.map { "\($0.name) \($0.hash)" }.joined(separator: "\n") }

    static func decoded(_ text: String) -> [String: String] {
        let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
            let parts = line.split(separator: " ", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}

/// Keeps how many visitors have which value of a signal: each visitor counts once, with what was told last.
struct FingerprintWriter {
    let database: any Database

    private struct Kept {
        var signals: [String: String]
        var told: Int64
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

    func write(_ fingerprints: [FingerprintTold]) throws(StoreError) {
        guard !fingerprints.isEmpty else { return }
        var visitors: [Key: Kept] = [:]
        var counts: [Signal: [String: Int64]] = [:]
        var returns: [Signal: (returns: Int64, changes: Int64)] = [:]
        for told in fingerprints {
            let key = Key(visitorID: told.visitorID, site: told.site)
            var kept: Kept? = if let known = visitors[key] { known } else { try read(key) }
            let before = kept?.signals ?? [:]
            let now = Dictionary(told.signals.map { ($0.name, $0.hash) }, uniquingKeysWith: { first, _ in first })
            for (name, hash) in before {
                counts[Signal(site: told.site, signal: name), default: [:]][hash, default: 0] -= 1
            }
            for (name, hash) in now {
                counts[Signal(site: told.site, signal: name), default: [:]][hash, default: 0] += 1
                guard let known = before[name] else { continue }
                let signal = Signal(site: told.site, signal: name)
                let sum = returns[signal] ?? (0, 0)
                returns[signal] = (sum.returns + 1, sum.changes + (known == hash ? 0 : 1))
            }
            let hasChanged = kept != nil && before != now
            kept = Kept(
                signals: now,
                told: (kept?.told ?? 0).adding(saturating: 1),
                changed: (kept?.changed ?? 0).adding(saturating: hasChanged ? 1 : 0),
                firstSeen: min(kept?.firstSeen ?? .max, told.seconds),
                lastSeen: max(kept?.lastSeen ?? .min, told.seconds)
            )
            visitors[key] = kept
        }
        try write(visitors)
        try write(counts)
        try database.insert(
            "insert into insight_signal_returns as kept (site, signal, tellings, changes)",
            returns.map { [.text($0.site), .text($0.signal), .integer($1.returns), .integer($1.changes)] },
            """
            on conflict (site, signal) do update
            set tellings = kept.tellings + excluded.tellings, changes = kept.changes + excluded.changes
            """
        )
    }

    /// Hashes that one query names.
    private static let namesMax = 128

    private func write(_ counts: [Signal: [String: Int64]]) throws(StoreError) {
        let groups = counts.mapValues { $0.filter { $0.value != 0 } }.filter { !$0.value.isEmpty }
        var rows: [[SQLValue]] = []
        var sizes: [[SQLValue]] = []
        for (signal, changes) in groups {
            let before = try visitors(signal, Array(changes.keys))
            var moved: [Int64: Int64] = [:]
            for (hash, change) in changes {
                let count = before[hash] ?? 0
                let sum = count.adding(saturating: change)
                moved[count, default: 0] -= 1
                moved[sum, default: 0] += 1
                rows.append([.text(signal.site), .text(signal.signal), .text(hash), .integer(sum)])
            }
            for (count, hashes) in moved where count > 0 && hashes != 0 {
                sizes.append([.text(signal.site), .text(signal.signal), .integer(count), .integer(hashes)])
            }
        }
        try database.insert(
            "insert into insight_signals (site, signal, hash, visitors)",
            rows,
            "on conflict (signal, hash, site) do update set visitors = excluded.visitors"
        )
        try database.insert(
            "insert into insight_signal_sizes as kept (site, signal, visitors, hashes)",
            sizes,
            "on conflict (site, signal, visitors) do update set hashes = kept.hashes + excluded.hashes"
        )
        // What nobody has any more is no value.
        for signal in groups.keys {
            let name: [SQLValue] = [.text(signal.signal), .text(signal.site)]
            _ = try database.change(
                "delete from insight_signals where signal = ?1 and visitors = 0 and site = ?2",
                name
            )
            _ = try database.change(
                "delete from insight_signal_sizes where signal = ?1 and site = ?2 and hashes = 0",
                name
            )
        }
    }

    private func visitors(_ signal: Signal, _ hashes: [String]) throws(StoreError) -> [String: Int64] {
        var result: [String: Int64] = [:]
        for start in stride(from: 0, to: hashes.count, by: Self.namesMax) {
            // Always as many, so that it is one statement.
            let part = hashes[start..<min(start + Self.namesMax, hashes.count)]
            let names = (0..<Self.namesMax).map { SQLValue.text(part[start + min($0, part.count - 1)]) }
            let places = (3..<3 + Self.namesMax).map { "?\($0)" }.joined(separator: ", ")
            let rows = try database.rows(
                "select hash, visitors from insight_signals where signal = ?1 and site = ?2 and hash in (\(places))",
                [.text(signal.signal), .text(signal.site)] + names
            )
            for row in rows { result[row[0].text ?? ""] = row[1].integer ?? 0 }
        }
        return result
    }

    private func read(_ key: Key) throws(StoreError) -> Kept? {
        let row = try database.rows(
            """
            select signals, told, changed, first_seen, last_seen from insight_fingerprints
            where visitor_id = ?1 and site = ?2
            """,
            [.text(key.visitorID), .text(key.site)]
        ).first
        return row.map { row in
            Kept(
                signals: FingerprintTold.decoded(row[0].text ?? ""),
                told: row[1].integer ?? 0,
                changed: row[2].integer ?? 0,
                firstSeen: row[3].integer ?? 0,
                lastSeen: row[4].integer ?? 0
            )
        }
    }

    private func write(_ visitors: [Key: Kept]) throws(StoreError) {
        try database.insert(
            "insert into insight_fingerprints (visitor_id, site, signals, told, changed, first_seen, last_seen)",
            visitors.map { key, kept in
                let text = kept.signals.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                return [
                    .text(key.visitorID), .text(key.site), .text(text.joined(separator: "\n")), .integer(kept.told),
                    .integer(kept.changed), .integer(kept.firstSeen), .integer(kept.lastSeen),
                ]
            },
            """
            on conflict (visitor_id, site) do update
            set signals = excluded.signals, told = excluded.told, changed = excluded.changed,
                first_seen = excluded.first_seen, last_seen = excluded.last_seen
            """
        )
    }
}
