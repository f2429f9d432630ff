/// The state of a scan: the figures counted so far.
// Unchecked: one thread at a time changes it: during a pass the one that counts, otherwise that of the scan. None changes it once it is in a cache.
final class ScanCounts: @unchecked Sendable {
    /// The kinds of passes.
    enum Step: Sendable {
        case first
        /// Counts figures of the chosen rows of lists, and those that exceeded the memory limit before.
        case details(lists: [Int])
        /// Collects the values of groups that have few.
        case exact
    }

    private let query: ScanQuery
    private(set) var lists: [ListWork?] = []
    private var bucketSums: [Sums]
    private var anonymousPageViews: Int64 = 0
    private var squaredErrors = 0.0
    private var delivery = DeliverySums()
    private(set) var values: ScanValues
    private(set) var visitors: ScanVisitors
    private var selection: ScanSelection?
    private var latestErrors: LatestErrors
    private var exact: [ValueSet] = []

    init(_ query: ScanQuery, _ dictionaries: DimensionDictionaries, _ limits: ScanLimits) {
        self.query = query
        var bytes = limits.listBytes
        for list in query.lists {
            lists.append(ListWork(list, dictionaries, bucketsCount: query.edges.count, bytes: &bytes))
        }
        bucketSums = Array(repeating: Sums(), count: query.edges.count)
        values = ScanValues(query, limits)
        visitors = ScanVisitors(query, limits)
        selection = query.selection.map { ScanSelection($0) }
        latestErrors = LatestErrors(limit: query.latestErrorsMax)
    }

    /// Counts a segment.
    func add(_ rows: SegmentRows, _ step: Step) {
        rows.prepareFigures()
        switch step {
        case .first:
            addSums(rows)
            visitors.add(rows, lists)
            values.add(rows, lists)
            selection?.add(rows)
            latestErrors.add(rows)
            for index in lists.indices { lists[index]?.addFirst(rows) }
        case .details(let detailed):
            visitors.add(rows, lists)
            values.add(rows, lists)
            for index in detailed { lists[index]?.addDetails(rows) }
        case .exact:
            for set in exact { values.addExact(set, rows, lists) }
        }
    }

    /// Adds what the first pass of another scan with the same query has counted in other segments.
    ///
    /// Returns false and adds nothing if memory is divided otherwise, since the dictionaries have grown.
    func add(_ other: ScanCounts) -> Bool {
        guard zip(lists, other.lists).allSatisfy({ $0?.isWide == $1?.isWide }) else { return false }
        for bucket in bucketSums.indices { bucketSums[bucket] &+= other.bucketSums[bucket] }
        anonymousPageViews += other.anonymousPageViews
        squaredErrors += other.squaredErrors
        delivery.add(other.delivery)
        values.add(other.values)
        visitors.add(other.visitors)
        for index in lists.indices {
            if let list = other.lists[index] { lists[index]?.add(list) }
        }
        return true
    }

    /// Whether memory has been enough to count all groups of the first pass.
    var isWhole: Bool { values.isWhole && visitors.isWhole }

    /// The memory that it uses, in bytes.
    var bytes: Int { values.bytes + visitors.bytes + lists.reduce(0) { $0 + ($1?.bytes ?? 0) } }

    /// Chooses the rows of lists after the first pass.
    func choose(_ dictionaries: DimensionDictionaries) {
        for index in lists.indices { lists[index]?.choose(dictionaries) }
        values.addLists(lists)
        visitors.addLists(lists)
    }

    /// Summarizes a pass, except one for exact values.
    func finish() {
        visitors.finish()
        values.finish()
    }

    /// Starts a pass for exact values, and returns the sets that need them.
    func startExact() -> [ValueSet] {
        exact = values.needingExact
        return exact
    }

    func finishExact() { for set in exact { set.finishExact() } }

    private func addSums(_ rows: SegmentRows) {
        if query.totals != .none {
            addFigures(rows)
            if rows.hasAnonymous { addAnonymous(rows) }
        }
        for event in rows.events {
            guard let lane = event.lane else { continue }
            bucketSums[Int(event.bucket)][lane] &+= Int64(event.count)
        }
        if query.withSquaredErrors { addSquaredErrors(rows) }
        if query.withDelivery { addDelivery(rows) }
    }

    private func addAnonymous(_ rows: SegmentRows) {
        var count: Int64 = 0
        rows.forEachInRange { row in
            let isAnonymous = rows.visitors[rows.owners[row]] == VisitorBits.anonymousNumber
            count += isAnonymous ? Int64(rows.counted[row]) : 0
        }
        anonymousPageViews += count
    }

    private func addDelivery(_ rows: SegmentRows) {
        var sums = delivery
        // Those without a report, of which the column has zeros, are the fewest.
        rows.forEachInRange { row in
            sums.add(code: rows.emitted[row], dropped: rows.dropped[row], lost: rows.lost[row])
        }
        delivery = sums
    }

    private func addSquaredErrors(_ rows: SegmentRows) {
        var errors: [UInt16: Double] = [:]
        for event in rows.events where event.lane == Lane.errors {
            errors[event.row, default: 0] += Double(event.count)
        }
        for count in errors.values { squaredErrors += count * count }
    }

    private func addFigures(_ rows: SegmentRows) {
        if rows.isOneBucket {
            var sum = Figures()
            rows.forEachActive { session in sum &+= rows.figures[session] }
            bucketSums[rows.segmentBuckets.lowerBound] &+= Sums(sum)
        } else {
            let sums = rows.scratch.even
            for bucket in rows.segmentBuckets { sums[row: bucket] = Figures() }
            // The bucket is mostly that of the previous row, whose sum is already loaded.
            let buckets = rows.buckets
            var (bucket, sum) = (UInt16(rows.segmentBuckets.lowerBound), Figures())
            rows.forEachInRange { row in
                if buckets[row] != bucket {
                    sums[bucket] &+= sum
                    (bucket, sum) = (buckets[row], Figures())
                }
                sum &+= rows.figuresOf(row)
            }
            sums[bucket] &+= sum
            rows.forEachActive { session in
                let flags = UInt64(rows.sessionFlags[session])
                guard flags != 0 else { return }
                sums[rows.sessionBuckets[session]] &+= Figures(1 << 32, flags >> 1, 0, 0)
            }
            for bucket in rows.segmentBuckets { bucketSums[bucket] &+= Sums(sums[row: bucket]) }
        }
    }

    // MARK: - Results

    /// The figures; without the number of damaged segments.
    func result() -> ScanResult {
        var result = ScanResult()
        (result.selection, result.latestErrors) = (selection, latestErrors.seconds)
        (result.squaredErrors, result.delivery) = (squaredErrors, delivery)
        result.hasTooManyVisitors = visitors.hasTooMany
        result.total = Aggregate(bucketSums.reduce(Sums(), &+))
        result.total.visitors = visitors.total
        result.total.anonymousPageViews = anonymousPageViews
        for vital in query.vitals { result.total.vitals[vital.rawValue] = values.summary(.whole, vital, 0) }
        for bucket in bucketSums.indices {
            var aggregate = Aggregate(bucketSums[bucket])
            aggregate.visitors = visitors.bucket(bucket)
            for vital in query.seriesVitals {
                aggregate.vitals[vital.rawValue] = values.summary(.bucket, vital, bucket)
            }
            result.buckets.append(aggregate)
        }
        for (index, work) in lists.enumerated() { result.lists.append(listResult(index, work)) }
        return result
    }

    private func listResult(_ index: Int, _ work: ListWork?) -> ListResult {
        var result = ListResult()
        guard let work else { return result }
        (result.count, result.total) = work.whole
        for (row, code) in work.codes.enumerated() {
            var sum = work.aggregate(row)
            sum.visitors = visitors.row(index, row)
            if work.scope == .resource {
                sum.durations = values.summary(.list(index), nil, row)
            } else if work.scope != .event {
                for vital in work.list.vitals {
                    sum.vitals[vital.rawValue] = values.summary(.list(index), vital, row)
                }
            }
            result.rows.append((code, sum, work.list.withSeries ? work.series[row] : []))
        }
        return result
    }
}
