package import Storage
import Events
import Rollups

/// Checks from outside of the server whether the rollups lag behind the events without a good reason.
package struct LagCheck {
    private let database: any Database
    /// The seconds that an event may wait, since the worker pauses between portions.
    package static let lagSecondsMax: Int64 = 60
    /// The milliseconds within which a running worker advances its position, and between two reads of the position.
    static let moveMillisecondsMax = RollupWorker.restMillisecondsMax + 5000
    static let lookMilliseconds = 500

    package init(_ database: any Database) {
        self.database = database
    }

    /// The problem as one sentence; nil when the rollups are up to date, or advance during the check.
    ///
    /// `pause` waits for a number of milliseconds.
    package func problem(pause: (Int) -> Void) throws(StoreError) -> String? {
        guard let first = try waiting() else { return nil }
        let now = WallClock.seconds
        // The waiting time of an event with a time in the future is unknown.
        guard first.receivedAt > now || now - first.receivedAt >= Self.lagSecondsMax else { return nil }
        for _ in 0..<Self.moveMillisecondsMax / Self.lookMilliseconds {
            pause(Self.lookMilliseconds)
            guard let next = try waiting(), next.position == first.position else { return nil }
        }
        let cause =
            try StoreSnapshot(database, now: now).writer.map(\.sentence)
            ?? "Start the server and see its log for the cause, or run 'collector rebuild'."
        return "\(first.events) events are not in the rollups, and the rollups do not advance. \(cause)"
    }

    /// The number of events after the position, and the time when the first of them was received (seconds since 1970); nil when there are none.
    private func waiting() throws(StoreError) -> (position: Int64, events: Int64, receivedAt: Int64)? {
        // In two queries: a distributed database cannot join its events with a table of one server.
        let position = try RollupPosition.read(database).lastEventID
        let row = try database.rows(
            """
            select (select count(*) from collector_events where id > ?1),
                (
                    select \(database.dialect.microseconds("received_at"))
                    from collector_events where id > ?1 order by id limit 1
                )
            """,
            [.integer(position)]
        ).first
        guard let row, let events = row[0].integer, let time = row[1].integer else { return nil }
        return (position, events, time / 1_000_000)
    }
}

extension OpenWriter {
    /// The cause of the delay, and how to end it.
    package var sentence: String {
        let name = application.isEmpty ? "another connection" : "'\(application)'"
        let who = user.isEmpty ? name : "\(name) (role \(user))"
        let age = ageSeconds.map { " for \($0) s" } ?? ""
        guard let pid else {
            return "A prepared transaction\(age) delays reports and the live feed. Commit it or roll it back; "
                + "see pg_prepared_xacts."
        }
        let kind = state.isEmpty ? "" : ", \(state)"
        return
            "A transaction of \(who) has been open\(age) (pid \(pid)\(kind)) and delays reports and the live "
            + "feed. End it, or run: select pg_terminate_backend(\(pid))"
    }
}
