/// The different visitors of the range, of its buckets and of the rows of lists.
struct ScanVisitors {
    private let query: ScanQuery
    private let limits: ScanLimits
    private var bits: VisitorBits
    /// By group, as far as they have been counted; nil where they cannot be.
    private var numbers: [Int64?] = []
    private var end: Int
    private var visitorsEnd = 1
    private let totalGroup: Int?
    private let affectedGroup: Int?
    private let firstBucket: Int?
    /// By list: the group of its first row, and of its first row's visitors with an error that counts.
    private var firstRows: [(all: Int, affected: Int?, rows: Int)?] = []

    init(_ query: ScanQuery, _ limits: ScanLimits) {
        (self.query, self.limits) = (query, limits)
        var groups = 0
        func next(_ isWanted: Bool, _ count: Int) -> Int? {
            guard isWanted else { return nil }
            groups += count
            return groups - count
        }
        totalGroup = next(query.withVisitors, 1)
        affectedGroup = next(query.issues != nil, 1)
        firstBucket = next(query.withSeriesVisitors, query.edges.count)
        end = groups
        bits = VisitorBits(groups: 0..<groups, bytesMax: limits.visitorBytes)
    }

    mutating func addLists(_ lists: [ListWork?]) {
        for work in lists {
            guard let work, work.list.withVisitors else {
                firstRows.append(nil)
                continue
            }
            let rows = work.codes.count
            let affected = query.issues == nil ? nil : end + rows
            firstRows.append((end, affected, rows))
            end += affected == nil ? rows : 2 * rows
        }
        bits = VisitorBits(groups: numbers.count..<end, bytesMax: limits.visitorBytes)
    }

    /// Whether any visitors are still to be counted.
    var isOpen: Bool { numbers.count < end }

    /// Whether visitors of a list, or of the range and its buckets, are still to be counted.
    func isOpen(_ list: Int?) -> Bool {
        guard let list else { return numbers.count < firstRows.first(where: { $0 != nil })??.all ?? end }
        guard let rows = firstRows[list] else { return false }
        return numbers.count < (rows.affected ?? rows.all) + rows.rows
    }

    mutating func add(_ rows: SegmentRows, _ lists: [ListWork?]) {
        visitorsEnd = max(visitorsEnd, rows.visitorsEnd)
        let table = bits.reserve(visitors: visitorsEnd)
        let counted = bits.groups
        if let totalGroup, counted.contains(totalGroup) { insertSessions(rows, table, totalGroup) }
        if let affectedGroup, counted.contains(affectedGroup) {
            for event in rows.events where event.kind == .error {
                table.insert(rows.visitors[event.session], affectedGroup)
            }
        }
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
        for (index, list) in firstRows.enumerated() {
            guard let list, let work = lists[index] else { continue }
            let end = (list.affected ?? list.all) + list.rows
            guard counted.overlaps(list.all..<end) else { continue }
            rows.addVisitors(work, table, list.all, list.affected)
        }
    }

    private func insertSessions(_ rows: SegmentRows, _ table: BitTable, _ group: Int) {
        rows.forEachActive { session in
            if rows.figures[session][0] & 0xffff_ffff > 0 { table.insert(rows.visitors[session], group) }
        }
    }

    /// Counts what a pass has found, and goes on to the next groups.
    mutating func finish() {
        for group in bits.groups { numbers.append(bits.count(group)) }
        bits = VisitorBits(groups: numbers.count..<end, bytesMax: limits.visitorBytes)
    }

    /// The buckets whose visitors are to be counted next, when not those of all segments are.
    var openBuckets: Range<Int>? {
        guard let firstBucket, !bits.groups.isEmpty, isOpen(nil), numbers.count >= firstBucket else { return nil }
        return numbers.count - firstBucket..<query.edges.count
    }

    // MARK: - Results

    /// Whether a group has visitors without numbers of their own, so that its visitors cannot be counted.
    var hasTooMany: Bool { numbers.contains { $0 == nil } }
    var total: Int64? { totalGroup.flatMap { numbers[$0] } }
    var affected: Int64? { affectedGroup.flatMap { numbers[$0] } }
    func bucket(_ bucket: Int) -> Int64? { firstBucket.flatMap { numbers[$0 + bucket] } }

    func row(_ list: Int, _ row: Int) -> (visitors: Int64?, affected: Int64?) {
        guard let first = firstRows[list] else { return (nil, nil) }
        return (numbers[first.all + row], first.affected.flatMap { numbers[$0 + row] })
    }
}
