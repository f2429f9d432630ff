/// One bit for each visitor's number, of each of several groups; it grows with the numbers.
///
/// The memory is limited: when it does not suffice, groups are dropped, the last ones first, to be counted in a later
/// pass.
package final class VisitorBits {
    /// Visitors' numbers are below this: the bits of one group fit into the memory.
    ///
    /// The last of them, one less, is that of all visitors who found no number of their own; they cannot be counted.
    package static let visitorsMax = 67_108_864

    /// The groups that are counted.
    private(set) var groups: Range<Int>
    /// Words of each group that may have set bits.
    private var words = 0
    private let bytesMax: Int
    private var table = BitTable()

    /// Counts as many of the `groups`, which have not been counted yet, as there is memory for.
    init(groups: Range<Int>, bytesMax: Int) {
        (self.groups, self.bytesMax) = (groups, max(bytesMax, Self.visitorsMax / 8))
    }

    deinit { table.deallocate() }

    /// Where to set bits until the next call; visitors' numbers must be below `visitors`.
    func reserve(visitors: Int) -> BitTable {
        guard !groups.isEmpty, visitors > words * 64 else { return table }
        let needed = (visitors + 63) / 64
        if needed > table.wordsCount {
            // All memory that the groups may use, since unused pages cost nothing: as visitors grow in number, their
            // bits are rarely copied.
            let least = min(needed * 9 / 8 + 64, Self.visitorsMax / 64)
            let kept = groups.prefix(max(1, bytesMax / 8 / least))
            let most = min(bytesMax / 8 / kept.count, Self.visitorsMax / 64)
            let larger = BitTable(groups: kept, words: max(least, most))
            larger.copy(table, words)
            table.deallocate()
            (table, groups) = (larger, kept)
        }
        words = needed
        return table
    }

    /// The number of a group's visitors; nil when one of them has no number of its own.
    func count(_ group: Int) -> Int64? {
        guard words > 0 else { return 0 }
        return table.contains(UInt32(Self.visitorsMax - 1), group) ? nil : table.count(group, words)
    }
}

/// The memory of `VisitorBits`; it is theirs and lives until they reserve more.
@safe struct BitTable {
    private let words: UnsafeMutablePointer<UInt64>
    /// Words of each group.
    let wordsCount: Int
    private let first: Int
    private let groups: Int

    init() { self.init(groups: 0..<0, words: 0) }

    init(groups: Range<Int>, words count: Int) {
        (first, self.groups, wordsCount) = (groups.lowerBound, groups.count, count)
        unsafe words = ZeroPages.map(groups.count * count)
    }

    func deallocate() { unsafe ZeroPages.unmap(words, groups * wordsCount) }

    /// Takes the bits of the groups over that both have.
    func copy(_ other: BitTable, _ count: Int) {
        for group in 0..<min(groups, other.groups) {
            unsafe (words + group * wordsCount)
                .update(from: other.words + group * other.wordsCount, count: min(count, wordsCount, other.wordsCount))
        }
    }

    /// Nothing for a group that is not counted in this pass.
    @inline(__always) func insert(_ visitor: UInt32, _ group: Int) {
        let (word, index) = (Int(visitor >> 6), group &- first)
        guard index >= 0, index < groups, word < wordsCount else { return }
        unsafe words[index &* wordsCount &+ word] |= 1 << UInt64(visitor & 63)
    }

    /// Whether a visitor is in a group that is counted in this pass.
    func contains(_ visitor: UInt32, _ group: Int) -> Bool {
        let word = Int(visitor >> 6)
        guard word < wordsCount else { return false }
        let bits = unsafe words[(group - first) * wordsCount + word]
        return bits >> UInt64(visitor & 63) & 1 == 1
    }

    /// Bits that are set in the first words of a group.
    func count(_ group: Int, _ count: Int) -> Int64 {
        precondition(group >= first && group - first < groups && count <= wordsCount)
        var bits = 0
        for word in 0..<count { bits &+= unsafe words[(group - first) * wordsCount + word].nonzeroBitCount }
        return Int64(bits)
    }
}
