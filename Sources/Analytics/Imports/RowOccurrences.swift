import Crypto

/// Distinguishes equal rows of exports whose rows have no ids.
///
/// Two page views can have equal rows, such as two in a second. Their numbers are the same whenever the file is read.
struct RowOccurrences {
    private let hash: KeyedHash
    private var counts: [UInt64: UInt32] = [:]

    init() {
        guard let hash = KeyedHash(key: Array("collector import".utf8)) else {
            preconditionFailure("the key has 16 bytes")
        }
        self.hash = hash
    }

    /// The text that identifies a row: its fields, and how many equal rows came before it.
    mutating func identity(_ texts: [String]) -> String {
        let text = texts.joined(separator: "\u{1F}")
        let count = counts[hash.hash(text), default: 0]
        counts[hash.hash(text)] = count + 1
        return count == 0 ? text : "\(text)\u{1E}\(count)"
    }
}
