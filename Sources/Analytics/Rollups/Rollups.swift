import Segments
package import Storage
import Events
import Aggregation

/// Keeps the rollups consistent with the events.
///
/// Reads the events committed since its position, and writes the resulting changes and the new position in one
/// transaction. Several processes may do so on one database: one that finds the position changed starts over
/// from there. A portion that the database refuses is halved, down to the event that causes the error; that
/// event is moved to the dead letters and is not part of the rollups.
package final class Rollups {
    /// Limits of events per query and per transaction.
    package static let readMax: Int64 = 2000
    package static let portionMax = 10_000
    /// Limit of events per transaction while more than that are waiting.
    package static let rebuildPortionMax = 50_000
    /// The tables of derived data, of which a rebuild keeps only what retention has left without events.
    package static let tables = [
        "segments", "segment_columns", "dimension_values", "visitor_numbers", "insight_issues",
        "insight_releases", "insight_issue_releases", "insight_fingerprints", "insight_signals", "insight_signal_sizes",
        "insight_signal_returns", "fingerprint_signals", "fingerprint_blocks", "fingerprint_changes", "rollup_sites",
        "rollup_signals", "rollup_admissions",
    ]
    /// Timeout of one query in milliseconds.
    static let readMilliseconds: Int32 = 600_000

    let database: any Database
    let names: AdmittedNames
    var aggregator: Aggregator
    let store: SegmentStore
    var sessions = SessionCache()
    var visitors: VisitorNumbers
    /// Events committed by this process, which need not be read back; nil when only other processes write events.
    let committed: CommittedEvents?
    /// A connection to read events in advance; nil to read them when they are needed.
    let ahead: (any Database)?
    /// Events that are being read, and the id after which the next ones start.
    var reading: (events: ReadAhead, after: Int64)?
    /// Generation of the events in `committed`; nil at the start.
    private var generation: Int64?
    /// Events taken from `committed` for the next portions, by id; `CommittedEvents.eventsMax` at most.
    var handed: [StoredEvent] = []
    /// The owner's decisions and merges at the start of the process; nil until loaded.
    var ownersIssues: OwnersIssues?
    /// The position that the state in memory corresponds to; nil when it must be reloaded.
    var known: RollupPosition?
    /// Limit of events in the next portion; reduced while searching for an event that cannot be written.
    private var portionLimit = rebuildPortionMax
    /// What retention has removed; nil when it has removed nothing.
    var removed: RemovedSessions?
    /// Changes of fingerprints that were written after it was checked whether there are too many; at the start, there may be.
    var uncheckedFingerprints = Int.max / 2
    var fingerprintLimits = FingerprintBlocks.Limits()
    /// State after the last `advance`.
    var progress = Progress()
    var notices = Notices()
    var mergeTroubles = MergeTroubles(generation: 0)

    /// Progress of the aggregation.
    struct Progress: Sendable {
        /// Id of the last aggregated event, and the highest id that can be read.
        var position: Int64 = 0
        var highWaterMark: Int64 = 0
        /// Why the rollups were cleared; nil once they are complete again.
        var reason: RollupStatus.Reason?
        var deadLetters: Int64 = 0
        var isBehind: Bool { position < highWaterMark }
    }

    /// Conditions that an operator should know about.
    struct Notices: Sendable {
        /// Events moved to the dead letters, and the last of them.
        var deadLetters = 0
        var last: (id: Int64, reason: String)?
        /// Whether the rollups were cleared because the events had been replaced.
        var wereReplaced = false
        /// Why merging segments failed.
        var mergeFailure: String?
        /// Segments that a rebuild could not read, of times whose events have been removed.
        var lost = LostSegments()
        /// Damaged segments: sessions in them that continue are counted twice.
        var unsearched: Set<Int64> = []
    }

    /// `ahead` is another connection to the same database: large portions are then read on a second thread.
    ///
    /// - Throws: `.schema` before the database is migrated; other errors of reading the store's secret key.
    package init(
        _ database: any Database,
        committed: CommittedEvents? = nil,
        ahead: (any Database)? = nil
    ) throws(StoreError) {
        self.database = database
        self.committed = committed
        self.ahead = ahead
        names = AdmittedNames(database)
        aggregator = Aggregator(hashes: try KeyedHashes(database))
        store = SegmentStore(database)
        visitors = VisitorNumbers(database)
    }

    deinit { reading?.events.stop() }

    /// Id of the last aggregated event.
    package func lastEventID() throws(StoreError) -> Int64 { try RollupPosition.read(database).lastEventID }

    /// Returns the notices since the last call and resets them.
    func takeNotices() -> Notices {
        defer { notices = Notices() }
        notices.unsearched = store.damaged
        return notices
    }

    // MARK: - Portions

    /// Aggregates one portion of the committed events.
    ///
    /// - Returns: the number of events aggregated or moved to the dead letters; 0 when there are none or
    ///   another process was faster.
    package func advance(
        limit wanted: Int? = nil,
        while isNeeded: () -> Bool = { true }
    ) throws(StoreError) -> Int {
        while true {
            let start = try startingPosition()
            let end = try database.committedHighWaterMark()
            progress.position = start.lastEventID
            progress.highWaterMark = max(end, start.lastEventID)
            progress.reason = start.reason
            guard end > start.lastEventID else {
                try finish(start)
                merge()
                return 0
            }
            let isFarBehind = end - start.lastEventID > Int64(Self.rebuildPortionMax)
            let limit = min(wanted ?? (isFarBehind ? Self.rebuildPortionMax : Self.portionMax), portionLimit)
            do throws(StoreError) {
                let count = try takeIn(from: start, to: end, limit: limit, while: isNeeded)
                if count > 0 { portionLimit = min(Self.rebuildPortionMax, portionLimit * 2) }
                if !progress.isBehind { try finish(start) }
                // Does not throw: a failed merge must not be attributed to an event.
                merge()
                return count
            } catch {
                // The aggregated state was not written; the next portion starts from the stored position.
                undo()
                guard case .refused(let reason) = error else {
                    known = nil
                    throw error
                }
                guard limit <= 1 else {
                    portionLimit = limit / 2
                    continue
                }
                return try moveToDeadLetters(after: start, to: end, reason: reason)
            }
        }
    }

    /// Aggregates one portion, unless another process on the database is at it.
    ///
    /// - Returns: as `advance`; 0 when this process yields.
    func advance(
        inTurn turn: inout RollupTurn,
        now: ContinuousClock.Instant = .now,
        while isNeeded: () -> Bool = { true }
    ) throws(StoreError) -> Int {
        let stored = try RollupPosition.read(database)
        guard turn.isOurs(stored, now: now) else {
            progress.position = stored.lastEventID
            progress.highWaterMark = max(try database.committedHighWaterMark(), stored.lastEventID)
            progress.reason = stored.reason
            // They are in the rollups, and would only take up memory.
            committed?.removeAll(through: stored.lastEventID)
            return 0
        }
        let count = try advance(while: isNeeded)
        // After a dead letter, the position is not known.
        if count > 0 {
            let reached = if let known { known } else { try RollupPosition.read(database) }
            turn.moved(to: reached)
        }
        return count
    }

    /// Reads the position; clears the rollups first if the events have been replaced.
    private func startingPosition() throws(StoreError) -> RollupPosition {
        var start = try RollupPosition.read(database)
        var attempts = 0
        while try start.isOfOtherEvents(database), attempts < Self.clearAttemptsMax {
            if try start.clear(database, reason: .rebuild) { notices.wereReplaced = true }
            start = try RollupPosition.read(database)
            attempts += 1
        }
        if attempts == 0, start.isRebuildRequested {
            try clearForUpgrade()
            start = try RollupPosition.read(database)
        }
        // Also when nothing has been removed yet: another process may begin to while this one aggregates.
        removed = RemovedSessions(countedThrough: start.countedThrough, database)
        if known?.version != start.version || known?.generation != start.generation {
            try forget(start)
            progress.deadLetters = try RollupPosition.deadLettersListed(database) + start.deadLettersUnlisted
            known = start
        }
        return start
    }

    private func finish(_ position: RollupPosition) throws(StoreError) {
        try position.complete(database)
        progress.reason = nil
    }

    /// Discards cached state that belongs to another position.
    private func forget(_ start: RollupPosition) throws(StoreError) {
        undo()
        names.forget()
        sessions.removeAll()
        handed = []
        stopReading()
        // Ids of an earlier generation may have been reused.
        if let generation, generation != start.generation { committed?.removeAll() }
        generation = start.generation
        visitors.load(count: start.visitors)
        try store.load()
        if known?.generation != start.generation { aggregator.dictionaries = DimensionDictionaries() }
        if mergeTroubles.generation != start.generation { mergeTroubles = MergeTroubles(generation: start.generation) }
        try aggregator.dictionaries.complete(database)
    }

    /// Moves the first event after the position, which the database refuses, to the dead letters.
    private func moveToDeadLetters(
        after start: RollupPosition,
        to end: Int64,
        reason: String
    ) throws(StoreError) -> Int {
        let row = try database.rows(
            "select min(id) from collector_events where id > ?1 and id <= ?2",
            [.integer(start.lastEventID), .integer(end)]
        ).first
        // Without an event, the position itself cannot be written.
        guard let id = row?[0].integer else { throw .unavailable(reason: reason) }
        let now = WallClock.seconds
        guard try start.moveToDeadLetters(database, event: id, reason: reason, at: now) else { return 0 }
        known = nil
        progress.position = id
        progress.deadLetters += 1
        notices.deadLetters += 1
        notices.last = (id, reason)
        return 1
    }
}
