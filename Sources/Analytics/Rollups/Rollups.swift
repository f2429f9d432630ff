import Segments
package import Storage
import Events
import Aggregation

/// Keeps the rollups equal to the events: reads what has been committed since its position, and writes what follows from it together with
/// the new position, in one transaction.
///
/// Any number of processes may do so for one database: who finds the position moved begins again from there. A portion that the database
/// refuses is halved, down to the one event that it refuses; that one is set aside in the dead letters, and the rollups are those of all others.
package final class Rollups {
    /// Events of one query, and of one transaction at most.
    package static let readMax: Int64 = 2000
    package static let portionMax = 10_000
    /// Events of one transaction while more than that are to be taken in.
    package static let rebuildPortionMax = 50_000
    static let tables = [
        "segments", "segment_columns", "dimension_values", "visitor_numbers", "insight_issues", "insight_fingerprints",
        "insight_signals", "insight_signal_sizes", "insight_signal_returns", "rollup_sites", "rollup_signals",
        "rollup_admissions",
    ]
    /// Milliseconds of one query.
    static let readMilliseconds: Int32 = 600_000

    let database: any Database
    let names: AdmittedNames
    var aggregator: Aggregator
    let store: SegmentStore
    var sessions = SessionCache()
    var visitors: VisitorNumbers
    /// Events that this process has committed, by which those need not be read back; nil when another process writes them.
    let committed: CommittedEvents?
    /// The generation that what this process commits is of; nil at the start.
    private var generation: Int64?
    /// Taken from there, and not in a portion yet; by their ids, `CommittedEvents.eventsMax` at most.
    var handed: [StoredEvent] = []
    /// Issues that the owner decided about under a name of the public hash; nil when not looked up yet.
    private var oldDecisions: Set<IssueKey>?
    /// Where what is in memory stands; nil when nothing is known.
    var known: RollupPosition?
    /// Events of the next portion at most: fewer while an event is looked for that cannot be written.
    private var portionLimit = rebuildPortionMax
    /// What `advance` found last.
    var progress = Progress()
    var notices = Notices()
    var mergeTroubles = MergeTroubles(generation: 0)

    /// How far the rollups have come.
    struct Progress: Sendable {
        /// The last event that is in the rollups, and the last that can be read.
        var position: Int64 = 0
        var highWaterMark: Int64 = 0
        /// Why the rollups were emptied; nil since they have been complete again.
        var reason: RollupStatus.Reason?
        var deadLetters: Int64 = 0
        var isBehind: Bool { position < highWaterMark }
    }

    /// What an operator should know of.
    struct Notices: Sendable {
        /// Events that were set aside, and the last of them.
        var deadLetters = 0
        var last: (id: Int64, reason: String)?
        /// Whether the rollups were emptied because the events had been replaced.
        var wereReplaced = false
        /// Why segments were not merged.
        var mergeFailure: String?
        /// Segments in which sessions that went on could not be looked for, so that they count once more.
        var unsearched: Set<Int64> = []
    }

    /// - Throws: what reading the store's secret throws; `.schema` before it is migrated.
    package init(_ database: any Database, committed: CommittedEvents? = nil) throws(StoreError) {
        self.database = database
        self.committed = committed
        names = AdmittedNames(database)
        aggregator = Aggregator(hashes: try KeyedHashes(database))
        store = SegmentStore(database)
        visitors = VisitorNumbers(database)
    }

    /// The last event that is in the rollups.
    package func lastEventID() throws(StoreError) -> Int64 { try RollupPosition.read(database).lastEventID }

    /// Hands over what has happened since the last call.
    func takeNotices() -> Notices {
        defer { notices = Notices() }
        notices.unsearched = store.damaged
        return notices
    }

    // MARK: - Portions

    /// Takes in one portion of what has been committed.
    ///
    /// Gives how many events were taken in or set aside: 0 when there is nothing new, or another process was quicker.
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
                // It never throws: what stops a merge says nothing about an event.
                merge()
                return count
            } catch {
                // What was aggregated is in no table; the next portion begins from the position that is.
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

    /// The position, after the rollups were emptied if they are those of other events.
    private func startingPosition() throws(StoreError) -> RollupPosition {
        var start = try RollupPosition.read(database)
        if try start.isOfOtherEvents(database) {
            try start.clear(database, reason: .rebuild)
            notices.wereReplaced = true
            start = try RollupPosition.read(database)
        }
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

    /// Forgets what was read for other rollups than those at a position.
    private func forget(_ start: RollupPosition) throws(StoreError) {
        undo()
        names.forget()
        sessions.removeAll()
        handed = []
        // Events of an earlier generation may have had the same ids.
        if let generation, generation != start.generation { committed?.removeAll() }
        generation = start.generation
        visitors.load(count: start.visitors)
        try store.load()
        if known?.generation != start.generation { aggregator.dictionaries = DimensionDictionaries() }
        if mergeTroubles.generation != start.generation { mergeTroubles = MergeTroubles(generation: start.generation) }
        try aggregator.dictionaries.complete(database)
    }

    /// Passes over the first event after the position, which the database refuses.
    private func moveToDeadLetters(
        after start: RollupPosition,
        to end: Int64,
        reason: String
    ) throws(StoreError) -> Int {
        let row = try database.rows(
            "select min(id) from collector_events where id > ?1 and id <= ?2",
            [.integer(start.lastEventID), .integer(end)]
        ).first
        // Without an event it is the position that cannot be written.
        guard let id = row?[0].integer else { throw .unavailable(reason: reason) }
        let now = WallClock.microseconds() / 1_000_000
        guard try start.moveToDeadLetters(database, event: id, reason: reason, at: now) else { return 0 }
        known = nil
        progress.position = id
        progress.deadLetters += 1
        notices.deadLetters += 1
        notices.last = (id, reason)
        return 1
    }

    /// Files what the owner has decided about issues under their keyed names, when it is still filed under the public ones.
    func keepDecisions(_ issues: [IssueKey: IssueChange]) throws(StoreError) {
        let decided: Set<IssueKey>
        if let oldDecisions {
            decided = oldDecisions
        } else {
            let rows = try database.rows("select site, issue from insight_issue_states")
            decided = Set(rows.map { IssueKey(site: $0[0].text ?? "", issue: $0[1].text ?? "") })
            oldDecisions = decided
        }
        guard !decided.isEmpty else { return }
        for (key, change) in issues {
            let old = change.description.formerIDs.first { decided.contains(IssueKey(site: key.site, issue: $0)) }
            guard let old else { continue }
            _ = try database.change(
                """
                update insight_issue_states set issue = ?1 where site = ?2 and issue = ?3
                    and not exists (select 1 from insight_issue_states as kept where kept.site = ?2 and kept.issue = ?1)
                """,
                [.text(key.issue), .text(key.site), .text(old)]
            )
        }
    }
}
