import Numbers
package import Texts

/// The signals of a fingerprint reported by a visitor's browser.
package struct FingerprintReading: Sendable {
    /// Limits: signals per fingerprint, and bytes of a name or hash.
    package static let signalsMax = 40
    static let bytesMax = 64
    /// Signal name of the combined hash of all stable signals.
    static let all = "all"

    package let visitorID: String
    /// The site to which the event is attributed.
    package internal(set) var site: String
    package let seconds: Int64
    /// Names and hashes of the signals, sorted by name.
    package let signals: [(name: String, hash: String)]

    /// Nil when the event has no valid signal.
    init?(_ event: StoredEvent, _ reported: LazyJSON) {
        visitorID = event.visitorID
        site = event.site
        seconds = event.seconds
        func isFit(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.count <= Self.bytesMax && !text.utf8.contains { $0 <= 0x20 }
        }
        var known: [ByteText: String] = [:]
        for (name, part) in reported["parts"].members.prefix(Self.signalsMax) where name != Self.all && isFit(name) {
            // Randomized values would all be distinct; they share one value.
            let isStable = part["stable"].isTrue || part["isStable"].isTrue
            if let hash = part["hash"].text, isFit(hash) { known[ByteText(name)] = isStable ? hash : "(random)" }
        }
        if let hash = reported["hash"].text, isFit(hash) { known[ByteText(Self.all)] = hash }
        guard !known.isEmpty else { return nil }
        signals = known.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) }
    }

    /// One line per signal: name, space, hash.
    var encoded: String { signals.map { "\($0.name) \($0.hash)" }.joined(separator: "\n") }

    /// Decodes the format of `encoded` to hashes by name; ignores malformed lines.
    package static func decoded(_ text: String) -> [ByteText: String] {
        let pairs = text.split(separator: "\n").compactMap { line -> (ByteText, String)? in
            let parts = line.split(separator: " ", maxSplits: 1)
            return parts.count == 2 ? (ByteText(String(parts[0])), String(parts[1])) : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}
