import Numbers

/// The signals of one fingerprint that a visitor's browser reported.
package struct FingerprintReading: Sendable {
    /// Signals of one fingerprint, and bytes of a name or a hash.
    package static let signalsMax = 40
    static let bytesMax = 64
    /// The name under which the hash of all stable signals stands.
    static let all = "all"

    package let visitorID: String
    package let site: String
    package let seconds: Int64
    /// Names and hashes of the signals, by name.
    package let signals: [(name: String, hash: String)]

    /// Nil when it has no signal.
    init?(_ event: StoredEvent, _ reported: LazyJSON) {
        visitorID = event.visitorID
        site = event.site
        seconds = event.seconds
        func isFit(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.count <= Self.bytesMax && !text.utf8.contains { $0 <= 0x20 }
        }
        var known: [String: String] = [:]
        for (name, part) in reported["parts"].members.prefix(Self.signalsMax) where name != Self.all && isFit(name) {
            // What answers at random on purpose is no value that could be shared.
            let isStable = part["stable"].isTrue || part["isStable"].isTrue
            if let hash = part["hash"].text, isFit(hash) { known[name] = isStable ? hash : "(random)" }
        }
        if let hash = reported["hash"].text, isFit(hash) { known[Self.all] = hash }
        guard !known.isEmpty else { return nil }
        signals = known.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// A line for each signal: its name, a space, its hash.
    var encoded: String { signals.map { "\($0.name) \($0.hash)" }.joined(separator: "\n") }

    package static func decoded(_ text: String) -> [String: String] {
        let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
            let parts = line.split(separator: " ", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}
