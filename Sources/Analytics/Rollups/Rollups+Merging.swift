import Segments
import Storage
import Aggregation

/// Failed merges: segments excluded from merging, and the pause after an error.
///
/// Merging changes no figures, so a failure neither stops the worker nor moves an event to the dead letters.
struct MergeTroubles {
    /// Time without merges after a database error.
    static let pause = Duration.seconds(60)

    /// Generation of the segment ids; ids are unique within one.
    let generation: Int64
    /// Segments that cannot be read or that the database refused to merge; they are left unmerged.
    private(set) var excluded: Set<Int64> = []
    private var pausedUntil: ContinuousClock.Instant?

    var isPaused: Bool { pausedUntil.map { .now < $0 } ?? false }

    init(generation: Int64) { self.generation = generation }

    mutating func exclude(_ ids: some Sequence<Int64>) { excluded.formUnion(ids) }

    /// Records that merging these segments failed.
    mutating func note(_ error: StoreError, _ ids: [Int64]) {
        switch error {
        case .refused, .damaged: exclude(ids)
        case .unavailable, .queryTimeout, .uncertain, .schema: pausedUntil = .now + Self.pause
        }
    }
}

extension Rollups {
    /// Merges segments if `MergePolicy` selects some; a failure is reported in the notices.
    ///
    /// - Returns: whether segments were merged.
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
        // Reload the state in memory unless the commit below succeeds.
        known = nil
        guard try start.move(database, to: next, { () throws(StoreError) in try changes.write(database) }) else {
            return false
        }
        store.apply(changes)
        known = next
        return true
    }

    /// The live sessions of these segments; nil when some are damaged, which excludes them from further merges.
    private func liveSessions(_ ids: [Int64]) throws(StoreError) -> [SessionRow]? {
        var rows: [SessionRow] = []
        var damaged = Set(ids)
        try SegmentReader(database).read(ids, Column.allCases) { id, columns in
            // Unknown codes could later be assigned to other texts.
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
