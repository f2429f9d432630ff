import Numbers
package import Storage
package import Events

/// A run of `collector demo`, stored in the database until its visits are removed.
package struct DemoRun: Sendable, Equatable {
    package enum State: String, Sendable {
        /// Some events have not been written yet.
        case writing
        /// All events have been written.
        case written
        /// Removal has started and must be completed.
        case removing
    }

    /// Prefix of all ids that the run generates, after their first two characters; random, so that it is unique.
    package let idPrefix: UInt64
    package let seed: UInt64
    package let events: Int
    /// End of the generated period, in microseconds since 1970.
    package let end: Int64
    /// Number of hours of `DemoData` whose events have been committed.
    package var hoursDone = 0
    package var state = State.writing

    package init(seed: UInt64, events: Int, end: Int64, idPrefix: UInt64 = .random(in: 1 ... .max)) {
        (self.seed, self.events, self.end, self.idPrefix) = (seed, events, end, idPrefix)
    }

    /// The `event_id` of a generated event: a version 8 UUID (RFC 9562 §5.8) with prefix and number.
    package static func eventID(idPrefix: UInt64, number: Int) -> EventID {
        EventID(high: idPrefix & ~0xF000 | 0x8000, low: 0x8000_0000_0000_0000 | UInt64(number))
    }

    /// The id of a visitor (`v`), session (`s`) or page view (`p`).
    package static func id(_ kind: String, idPrefix: UInt64, _ value: UInt64) -> String {
        kind + "_" + idPrefix.hexadecimal + value.hexadecimal
    }
}

/// Stores the demo run in the database and removes its visits.
package struct DemoRuns {
    private let database: any Database
    /// Rows deleted by one transaction of a removal.
    package static let portionMax = 10_000

    package init(_ database: any Database) { self.database = database }

    /// The run stored in the database; nil when there is none.
    package func current() throws(StoreError) -> DemoRun? {
        let rows = try database.rows("select id_prefix, seed, events, ends_at, hours_done, state from demo_run")
        guard let row = rows.first else { return nil }
        guard let prefix = row[0].text.flatMap({ UInt64($0, radix: 16) }),
            let seed = row[1].text.flatMap({ UInt64($0) }),
            let events = row[2].integer, let end = row[3].integer, let hours = row[4].integer,
            let state = row[5].text.flatMap(DemoRun.State.init(rawValue:))
        else { throw .schema(reason: "the table demo_run has an invalid row") }
        var run = DemoRun(seed: seed, events: Int(events), end: end, idPrefix: prefix)
        run.hoursDone = Int(hours)
        run.state = state
        return run
    }

    /// Whether the database has no data sent by pages.
    package func isEmpty() throws(StoreError) -> Bool {
        for table in ["collector_events", "debug_data", "delivery_reports"] {
            guard try database.rows("select 1 from \(table) limit 1").isEmpty else { return false }
        }
        return true
    }

    /// Stores a new run, before its first event.
    ///
    /// - Returns: false when another process has already stored one.
    package func begin(_ run: DemoRun) throws(StoreError) -> Bool {
        let values: [SQLValue] = [
            .integer(1), .text(run.idPrefix.hexadecimal), .text(String(run.seed)), .integer(Int64(run.events)),
            .integer(run.end), .integer(Int64(run.hoursDone)), .text(run.state.rawValue),
        ]
        return try database.change(
            """
            insert into demo_run (id, id_prefix, seed, events, ends_at, hours_done, state)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            on conflict (id) do nothing
            """,
            values
        ) == 1
    }

    /// Stores the progress of the run.
    package func update(_ run: DemoRun) throws(StoreError) {
        _ = try database.change(
            "update demo_run set hours_done = ?1, state = ?2 where id_prefix = ?3",
            [.integer(Int64(run.hoursDone)), .text(run.state.rawValue), .text(run.idPrefix.hexadecimal)]
        )
    }

    /// Deletes the run after all of its visits have been removed.
    package func end(_ run: DemoRun) throws(StoreError) {
        _ = try database.change("delete from demo_run where id_prefix = ?1", [.text(run.idPrefix.hexadecimal)])
    }

    /// Removes the events of a run by number, `portionMax` per transaction, then its delivery reports.
    ///
    /// `shouldContinue` is called after each transaction with the number of events that it removed and the
    /// number of events processed; if it returns false, removal stops, and the next call does the rest.
    /// - Returns: whether everything has been removed.
    package func remove(
        _ run: DemoRun,
        while shouldContinue: (_ removed: Int, _ done: Int) -> Bool
    ) throws(StoreError) -> Bool {
        var number = 0
        while number < run.events {
            let next = min(number + Self.portionMax, run.events)
            // The literals are generated here, not input; parameters of neither engine have a type comparable
            // with UUID columns.
            let (first, last) = (literal(run, number), literal(run, next - 1))
            let removed = try database.change(
                "delete from collector_events where event_id >= \(first) and event_id <= \(last)"
            )
            number = next
            guard shouldContinue(removed, number) else { return false }
        }
        let prefix = "p_" + run.idPrefix.hexadecimal
        while true {
            // The range uses the index; `substr` decides, independent of the database's collation.
            let count = try database.change(
                """
                delete from delivery_reports
                where pageview_id in (
                    select pageview_id
                    from delivery_reports
                    where pageview_id >= ?1 and pageview_id < ?2 and substr(pageview_id, 1, \(prefix.count)) = ?1
                    limit ?3
                )
                """,
                [.text(prefix), .text(prefix + "g"), .integer(Int64(Self.portionMax))]
            )
            guard count > 0 else { return true }
            guard shouldContinue(0, number) else { return false }
        }
    }

    private func literal(_ run: DemoRun, _ number: Int) -> String {
        "'" + String(decoding: DemoRun.eventID(idPrefix: run.idPrefix, number: number).text, as: UTF8.self) + "'"
    }
}
