import Crypto

/// Distinguishes equal rows of exports whose rows have no ids.
///
/// Two page views can have equal rows, such as two in a second. Their numbers are the same whenever the file is read.
struct RowOccurrences {
    private let hash = KeyedHash.ofImports
    private var counts: [UInt64: UInt32] = [:]

    /// The text that identifies a row: its fields, and how many equal rows came before it.
    mutating func identity(_ texts: [String]) -> String {
        let text = texts.joined(separator: "\u{1F}")
        let key = hash.hash(text)
        let count = counts[key, default: 0]
        counts[key] = count + 1
        return count == 0 ? text : "\(text)\u{1E}\(count)"
    }
}

extension KeyedHash {
    /// Distinguishes texts of one file; nothing that is stored depends on it.
    static var ofImports: KeyedHash {
        guard let hash = KeyedHash(key: Array("collector import".utf8)) else {
            preconditionFailure("the key has 16 bytes")
        }
        return hash
    }
}
