/// One bit for each visitor's number, of each of several groups.
///
/// The memory is limited: only some of the groups have bits at a time, the others are counted in later passes.
struct VisitorBits {
    /// Of all bits of a query, in bytes.
    static let bytesMax = 33_554_432
    /// Visitors' numbers are below this: the bits of the range and those of its errors fit together.
    static let visitorsMax = bytesMax * 8 / 2

    private let words: Int
    /// The groups that have bits.
    private(set) var groups: Range<Int>
    private var bits: [UInt64]

    /// - Parameters:
    ///   - visitors: above all numbers.
    ///   - groups: those that have not been counted; the first of them get bits.
    init(visitors: Int, groups: Range<Int>) {
        words = max(1, (visitors + 63) / 64)
        let count = max(1, Self.bytesMax / 8 / words)
        self.groups = groups.prefix(count)
        bits = Array(repeating: 0, count: self.groups.count * words)
    }

    mutating func insert(_ visitor: UInt32, _ group: Int) {
        guard groups.contains(group), Int(visitor >> 6) < words else { return }
        bits[(group &- groups.lowerBound) &* words &+ Int(visitor >> 6)] |= 1 << UInt64(visitor & 63)
    }

    func count(_ group: Int) -> Int64 {
        let start = (group - groups.lowerBound) * words
        return bits[start..<start + words].reduce(0) { $0 + Int64($1.nonzeroBitCount) }
    }
}

/// One bit for each visitor's number; it grows.
struct GrowingVisitorBits {
    private var bits: [UInt64] = []

    /// - Parameter visitors: above all numbers that are inserted from now on.
    mutating func reserve(visitors: Int) {
        let missing = (visitors + 63) / 64 - bits.count
        if missing > 0 { bits.append(contentsOf: repeatElement(0, count: missing)) }
    }

    mutating func insert(_ visitor: UInt32) { bits[Int(visitor >> 6)] |= 1 << UInt64(visitor & 63) }

    var count: Int64 { bits.reduce(0) { $0 + Int64($1.nonzeroBitCount) } }
}
