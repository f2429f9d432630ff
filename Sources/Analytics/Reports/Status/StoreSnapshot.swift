import Segments
import Numbers
package import Storage
import Rollups

/// The state of the store and the rollups at one moment, read by a few small queries.
package struct StoreSnapshot: Sendable {
    package var observation: RollupProgress.Observation
    /// Whether there are events, and whether all aggregated events are from bots.
    package var hasEvents: Bool
    package var hasOnlyBots: Bool
    /// The time when the latest event was received, in seconds since 1970.
    package var lastReceived: Int64?
    /// The oldest transaction that holds back the high-water mark; nil when none does.
    package var writer: OpenWriter?
    /// The number of events that the database refuses to include in the rollups.
    package var deadLetters: Int64

    /// The number of events among which the latest is searched: their ids need not be in the order of time.
    private static let latestMax: Int64 = 100
    /// The seconds that another machine's clock may be ahead of ours.
    private static let clockSecondsMax: Int64 = 60

    /// `now` is in seconds since 1970.
    package init(_ database: any Database, now: Int64) throws(StoreError) {
        func number(_ sql: String, _ parameters: [SQLValue] = []) throws(StoreError) -> Int64? {
            try database.rows(sql, parameters, milliseconds: ReadLimits.statementMilliseconds).first?.first?.integer
        }
        let stored = try RollupPosition.read(database)
        let position = stored.lastEventID
        deadLetters = try RollupPosition.deadLettersListed(database).adding(saturating: stored.deadLettersUnlisted)
        let microseconds = database.dialect.microseconds("received_at")
        let highWaterMark = try database.committedHighWaterMark()
        let highest = try database.highestEventID()
        let latest = try database.rows(
            "select \(microseconds) from collector_events order by id desc limit ?1",
            [.integer(Self.latestMax)],
            milliseconds: ReadLimits.statementMilliseconds
        ).compactMap { $0[0].integer.map { $0 / 1_000_000 } }
        hasEvents = !latest.isEmpty
        lastReceived = (latest.filter { $0 <= now + Self.clockSecondsMax }.max() ?? latest.min()).map { min($0, now) }
        // Ids may have been assigned to rows that were rolled back or deleted; events may follow after an open transaction.
        writer = highest > max(highWaterMark, position) ? try database.openWriters().first : nil
        observation = RollupProgress.Observation(
            position: position,
            highWaterMark: highWaterMark,
            highest: writer == nil ? highWaterMark : highest,
            isAhead: position > highest
        )
        observation.emptiedReason = stored.reason
        if position == 0, highest > 0 {
            let first = try number("select \(microseconds) from collector_events order by id limit 1")
            observation.oldestSeconds = first.map { now - $0 / 1_000_000 }
        }
        // The text has a code since the first session of a human.
        let people = """
            select 1 from dimension_values
            where dictionary = \(Column.Dictionary.traffic.rawValue) and value = '\(ReportContext.human)' limit 1
            """
        hasOnlyBots = hasEvents && position > 0 ? try number(people) == nil : false
    }
}
