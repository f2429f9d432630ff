import Glibc

/// Text that compares by its bytes, as in the database and in hashes.
///
/// Swift's own comparison uses canonical equivalence, which treats different encodings of a character as equal. So every set, dictionary,
/// order or comparison of texts that senders or owners choose uses this type; a type with such texts has them as `@ByteText var`.
@propertyWrapper
package struct ByteText: Hashable, Comparable, ExpressibleByStringLiteral, Sendable {
    package var text: String

    package init(_ text: String) { self.text = text }
    package init(wrappedValue: String) { text = wrappedValue }
    package init(stringLiteral text: String) { self.text = text }

    package var wrappedValue: String {
        get { text }
        set { text = newValue }
    }

    package static func == (left: ByteText, right: ByteText) -> Bool {
        guard left.text.utf8.count == right.text.utf8.count else { return false }
        // Nearly all texts are contiguous in memory.
        let isEqual = left.text.utf8.withContiguousStorageIfAvailable { one in
            right.text.utf8.withContiguousStorageIfAvailable { other in
                guard let start = one.baseAddress, let otherStart = other.baseAddress else { return true }
                return unsafe memcmp(start, otherStart, one.count) == 0
            }
        }
        if let isEqual, let isEqual { return isEqual }
        return left.text.utf8.elementsEqual(right.text.utf8)
    }

    package static func < (left: ByteText, right: ByteText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
        if isHashed == nil { Array(text.utf8).withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) } }
        hasher.combine(text.utf8.count)
    }
}

/// Whether two texts have the same bytes, or both are missing.
package func haveSameBytes(_ one: String?, _ other: String?) -> Bool {
    one.map { ByteText($0) } == other.map { ByteText($0) }
}
