import Locks

/// What scans have counted in segments that rarely change, for later scans with the same query; safe to use from any thread.
///
/// An open page asks the same questions again and again, and only the latest segments can change the answers. A
/// scan counts the others once.
package final class ScanCache: Sendable {
    /// What a scan has counted in some segments.
    struct Entry: Sendable {
        /// The query, without its range.
        let query: ScanQuery
        /// Ids of segments are unique within a generation of the rollups.
        let generation: Int64
        let segments: [SegmentInfo]
        /// Never changed again.
        let counts: ScanCounts
        let bytes: Int

        /// Whether the segments are unchanged and among those of a scan, and counted by the same query.
        func serves(_ query: ScanQuery, generation: Int64, _ segments: [Int64: SegmentInfo]) -> Bool {
            self.generation == generation && self.query == query
                && self.segments.allSatisfy { segments[$0.id] == $0 }
        }
    }

    /// The least age of a segment that is counted for later scans: seconds from its last event to the latest one.
    ///
    /// Sessions that go on still change newer segments.
    static let ageMin: Int64 = 7200
    /// The fewest page views in such segments that are worth it.
    static let pageViewsMin = 100_000
    /// Limits of all entries together, which are dropped in the order of their last use.
    static let bytesMax = 16 << 20
    static let entriesMax = 32

    let ageMin: Int64
    let pageViewsMin: Int
    private let bytesMax: Int
    /// The last used one is the last.
    private let entries = Locked<[Entry]>([])

    package convenience init() {
        self.init(ageMin: Self.ageMin, pageViewsMin: Self.pageViewsMin, bytesMax: Self.bytesMax)
    }

    /// A cache with other limits, for tests.
    package init(ageMin: Int64, pageViewsMin: Int, bytesMax: Int) {
        (self.ageMin, self.pageViewsMin, self.bytesMax) = (ageMin, pageViewsMin, bytesMax)
    }

    /// The number of entries.
    package var count: Int { entries.withLock { $0.count } }

    /// The segments of a scan that are worth counting for later ones; empty if they have too few page views.
    func lasting(_ segments: [SegmentInfo], _ query: ScanQuery) -> [SegmentInfo] {
        let latest = segments.lazy.map(\.lastTime).max() ?? 0
        let old = segments.filter { info in
            info.firstTime >= query.from && info.lastTime < min(query.to, latest - ageMin + 1)
        }
        return old.reduce(0) { $0 + $1.pageViews } >= pageViewsMin ? old : []
    }

    func entry(_ query: ScanQuery, generation: Int64, _ segments: [SegmentInfo]) -> Entry? {
        let byID = Dictionary(uniqueKeysWithValues: segments.map { ($0.id, $0) })
        return entries.withLock { entries in
            guard let index = entries.lastIndex(where: { $0.serves(query, generation: generation, byID) }) else {
                return nil
            }
            let entry = entries.remove(at: index)
            entries.append(entry)
            return entry
        }
    }

    /// Adds an entry, which replaces that of the same query.
    func add(_ entry: Entry) {
        guard entry.bytes <= bytesMax else { return }
        entries.withLock { entries in
            entries.removeAll { $0.query == entry.query || $0.generation < entry.generation }
            entries.append(entry)
            var bytes = entries.reduce(0) { $0 + $1.bytes }
            while bytes > bytesMax || entries.count > Self.entriesMax { bytes -= entries.removeFirst().bytes }
        }
    }
}

extension ScanQuery {
    /// The query without its range: it counts the same in segments within the range.
    var withoutRange: ScanQuery {
        var query = self
        (query.from, query.to) = (0, 0)
        return query
    }

    /// Whether what a scan counts in some segments is kept for later scans.
    ///
    /// Selections and the latest errors cannot be added. Keys of sessions and events take memory, and change with each
    /// new event of a visitor or property.
    var isKept: Bool {
        selection == nil && latestErrorsMax == 0 && sessionKeys == nil
            && !conditions.contains { $0.conditions.contains(where: \.hasKeys) }
    }

    /// The memory of the codes that filters and conditions select, in bytes.
    var bytes: Int {
        let codes = filters.map(\.codes) + conditions.flatMap(\.conditions).compactMap(\.pages)
        return codes.reduce(0) { $0 + $1.capacity * MemoryLayout<UInt32>.stride }
    }
}

extension Condition {
    fileprivate var hasKeys: Bool {
        if case .events(_, let keys) = subject { keys != nil } else { false }
    }

    fileprivate var pages: Set<UInt32>? {
        if case .pages(let codes) = subject { codes } else { nil }
    }
}
