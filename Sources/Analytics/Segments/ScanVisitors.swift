/// Distinct visitors of the range, of its buckets and of list rows.
struct ScanVisitors {
    private let query: ScanQuery
    private let limits: ScanLimits
    private var bits: VisitorBits
    /// Counts of the groups finished so far; nil for a group that cannot be counted.
    private var numbers: [Int64?] = []
    private var end: Int
    private var visitorsEnd = 1
    private let totalGroup: Int?
    private let firstBucket: Int?
    /// Groups of each list's rows; nil for a list without visitor counts.
    private var rowGroups: [Range<Int>?] = []

    init(_ query: ScanQuery, _ limits: ScanLimits) {
        (self.query, self.limits) = (query, limits)
        var groups = 0
        func next(_ isWanted: Bool, _ count: Int) -> Int? {
            guard isWanted else { return nil }
            groups += count
            return groups - count
        }
        totalGroup = next(query.withVisitors, 1)
        firstBucket = next(query.withSeriesVisitors, query.edges.count)
        end = groups
        bits = VisitorBits(groups: 0..<groups, bytesMax: limits.visitorBytes)
    }

    mutating func addLists(_ lists: [ListWork?]) {
        for work in lists {
            guard let work, work.list.withVisitors else {
                rowGroups.append(nil)
                continue
            }
            rowGroups.append(end..<end + work.codes.count)
            end += work.codes.count
        }
        bits = VisitorBits(groups: numbers.count..<end, bytesMax: limits.visitorBytes)
    }

    /// Whether visitors remain to be counted.
    var isOpen: Bool { numbers.count < end }

    /// Whether visitors remain to be counted for a list, or for the range and its buckets (nil).
    func isOpen(_ list: Int?) -> Bool {
        guard let list else { return numbers.count < rowGroups.lazy.compactMap(\.self).first?.lowerBound ?? end }
        guard let groups = rowGroups[list] else { return false }
        return numbers.count < groups.upperBound
    }

    mutating func add(_ rows: SegmentRows, _ lists: [ListWork?]) {
        visitorsEnd = max(visitorsEnd, rows.visitorsEnd)
        let table = bits.reserve(visitors: visitorsEnd)
        let counted = bits.groups
        if let totalGroup, counted.contains(totalGroup) { insertSessions(rows, table, totalGroup) }
        if let firstBucket, counted.overlaps(firstBucket..<firstBucket + query.edges.count) {
            if rows.isOneBucket {
                insertSessions(rows, table, firstBucket + rows.segmentBuckets.lowerBound)
            } else {
                rows.forEachInRange { row in
                    guard rows.counted[row] == 1 else { return }
                    table.insert(rows.visitors[rows.owners[row]], firstBucket + Int(rows.buckets[row]))
                }
            }
        }
        for (index, groups) in rowGroups.enumerated() {
            guard let groups, let work = lists[index], counted.overlaps(groups) else { continue }
            rows.addVisitors(work, table, groups.lowerBound)
        }
    }

    private func insertSessions(_ rows: SegmentRows, _ table: BitTable, _ group: Int) {
        rows.forEachActive { session in
            if rows.figures[session][0] & 0xffff_ffff > 0 { table.insert(rows.visitors[session], group) }
        }
    }

    /// Adds the visitors that the first pass has found in other segments.
    mutating func add(_ other: ScanVisitors) {
        visitorsEnd = max(visitorsEnd, other.visitorsEnd)
        _ = bits.reserve(visitors: visitorsEnd)
        bits.add(other.bits)
    }

    /// Whether the first pass counts all groups.
    var isWhole: Bool { bits.groups == 0..<end }

    var bytes: Int { bits.bytes }

    /// Counts the visitors found in a pass and moves on to the next groups.
    mutating func finish() {
        for group in bits.groups { numbers.append(bits.count(group)) }
        bits = VisitorBits(groups: numbers.count..<end, bytesMax: limits.visitorBytes)
    }

    /// The buckets whose visitors are counted next; nil when the next pass needs all segments.
    var openBuckets: Range<Int>? {
        guard let firstBucket, !bits.groups.isEmpty, isOpen(nil), numbers.count >= firstBucket else { return nil }
        return numbers.count - firstBucket..<query.edges.count
    }

    // MARK: - Results

    /// Whether a group has visitors that share a number and therefore cannot be counted.
    var hasTooMany: Bool { numbers.contains { $0 == nil } }
    var total: Int64? { totalGroup.flatMap { numbers[$0] } }
    func bucket(_ bucket: Int) -> Int64? { firstBucket.flatMap { numbers[$0 + bucket] } }

    func row(_ list: Int, _ row: Int) -> Int64? { rowGroups[list].flatMap { numbers[$0.lowerBound + row] } }
}
