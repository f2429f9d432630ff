import Segments
import Storage
import Aggregation

/// What the worker knows of merges that failed: they change no figure, so that they stop nothing and set no event
/// aside.
struct MergeTroubles {
    /// Time without a merge after one that failed.
    static let pause = Duration.seconds(60)

    /// Of the segments: none has the id of another within one.
    let generation: Int64
    /// Segments that cannot be read, and those that the database refused to merge: they stay as they are.
    private(set) var excluded: Set<Int64> = []
    private var pausedUntil: ContinuousClock.Instant?

    var isPaused: Bool { pausedUntil.map { .now < $0 } ?? false }

    init(generation: Int64) { self.generation = generation }

    mutating func exclude(_ ids: some Sequence<Int64>) { excluded.formUnion(ids) }

    /// Notes that merging some segments has failed.
    mutating func note(_ error: StoreError, _ ids: [Int64]) {
        switch error {
        case .refused, .damaged: exclude(ids)
        case .unavailable, .queryTimeout, .uncertain, .schema: pausedUntil = .now + Self.pause
        }
    }
}

extension Rollups {
    /// Merges some segments, if there are some worth it; a failure goes to the notices.
    ///
    /// - Returns: whether something was merged.
    @discardableResult
    func merge() -> Bool {
        guard known != nil, !mergeTroubles.isPaused else { return false }
        let ids = MergePolicy.choose(
            store.segments.values.lazy.filter { !self.mergeTroubles.excluded.contains($0.id) }
        )
        guard !ids.isEmpty else { return false }
        do throws(StoreError) { return try merge(ids) } catch {
            mergeTroubles.note(error, ids)
            notices.mergeFailure = error.reason
            return false
        }
    }

    private func merge(_ ids: [Int64]) throws(StoreError) -> Bool {
        guard let start = known, let rows = try liveSessions(ids) else { return false }
        var changes = SegmentChanges()
        changes.removed = ids
        changes.added = SegmentStore.encode(rows, after: start.lastSegmentID)
        let next = start.moved(
            to: start.lastEventID,
            receivedAt: start.lastReceivedAt,
            lastSegmentID: changes.added.last?.info.id ?? start.lastSegmentID,
            visitors: start.visitors
        )
        // Unless it is committed here, what is in memory is read again.
        known = nil
        guard try start.move(database, to: next, { () throws(StoreError) in try changes.write(database) }) else {
            return false
        }
        store.apply(changes)
        known = next
        return true
    }

    /// The live sessions of segments; nil when some are damaged, which are left out of merges from now on.
    private func liveSessions(_ ids: [Int64]) throws(StoreError) -> [SessionRow]? {
        var rows: [SessionRow] = []
        var damaged = Set(ids)
        try SegmentReader(database).read(ids, Column.allCases) { id, columns in
            // Codes that nobody knows would be those of other texts later.
            guard let info = store.segments[id],
                SegmentDecoder.hasKnownCodes(info, columns, aggregator.dictionaries),
                let all = SegmentDecoder.sessions(info, columns)
            else { return }
            damaged.remove(id)
            for (index, row) in all.enumerated() where !info.isDead(index) { rows.append(row) }
        }
        guard !damaged.isEmpty else { return rows }
        mergeTroubles.exclude(damaged)
        let list = damaged.sorted().map(String.init).joined(separator: ", ")
        notices.mergeFailure = "damaged segments: \(list); run 'collector rebuild'"
        return nil
    }
}
