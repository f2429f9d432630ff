/// Bitmaps of visitor numbers, one per group, which grow with the numbers.
///
/// Memory is limited: groups that do not fit, from the last one down, are dropped and counted in a later pass.
package final class VisitorBits {
    /// Exclusive upper bound of visitor numbers, chosen so that the bits of one group fit into memory.
    ///
    /// The largest number is shared by all visitors without a number of their own; they cannot be counted.
    package static let visitorsMax = 67_108_864
    /// The number of sessions without a visitor: they count neither as visitors nor as sessions.
    ///
    /// It has no bit.
    package static let anonymousNumber = UInt32(visitorsMax)

    /// The groups counted in this pass.
    private(set) var groups: Range<Int>
    /// Words of each group that may have set bits.
    private var words = 0
    private let bytesMax: Int
    private var table = BitTable()

    /// Counts as many of the `groups` as memory permits; none of them has been counted yet.
    init(groups: Range<Int>, bytesMax: Int) {
        (self.groups, self.bytesMax) = (groups, max(bytesMax, Self.visitorsMax / 8))
    }

    deinit { table.deallocate() }

    /// Returns the table for setting bits until the next call; visitor numbers must be below `visitors`.
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

    /// Adds the visitors of the groups that both have; enough memory for them must be reserved.
    func add(_ other: VisitorBits) { table.add(other.table, other.words) }

    /// The memory of the bits that may be set, in bytes.
    var bytes: Int { groups.count * words * 8 }

    /// The number of visitors in a group; nil when it includes the shared number.
    func count(_ group: Int) -> Int64? {
        guard words > 0 else { return 0 }
        return table.contains(UInt32(Self.visitorsMax - 1), group) ? nil : table.count(group, words)
    }
}

/// Memory of `VisitorBits`, which owns it; valid until its next `reserve`.
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

    /// Copies the bits of groups that both tables have.
    func copy(_ other: BitTable, _ count: Int) {
        for group in 0..<min(groups, other.groups) {
            unsafe (words + group * wordsCount)
                .update(from: other.words + group * other.wordsCount, count: min(count, wordsCount, other.wordsCount))
        }
    }

    /// Sets the bits that are set in the first words of another table, in groups that both tables have.
    func add(_ other: BitTable, _ count: Int) {
        precondition(first == other.first && count <= other.wordsCount && (count <= wordsCount || groups == 0))
        for group in 0..<min(groups, other.groups) {
            let (start, otherStart) = (group * wordsCount, group * other.wordsCount)
            for word in 0..<count { unsafe words[start &+ word] |= other.words[otherStart &+ word] }
        }
    }

    /// Sets the visitor's bit; ignores groups that are not counted in this pass.
    @inline(__always) func insert(_ visitor: UInt32, _ group: Int) {
        let (word, index) = (Int(visitor >> 6), group &- first)
        guard index >= 0, index < groups, word < wordsCount else { return }
        unsafe words[index &* wordsCount &+ word] |= 1 << UInt64(visitor & 63)
    }

    /// Whether a visitor is in a group, which must be counted in this pass.
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
