import Glibc

/// Text that compares by its bytes, as in the database and in hashes.
///
/// Swift's own comparison uses canonical equivalence, which treats different encodings of a character as equal.
package struct ByteText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

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

    package func hash(into hasher: inout Hasher) {
        let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
        if isHashed == nil { Array(text.utf8).withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) } }
        hasher.combine(text.utf8.count)
    }
}
