import Foundation
import Storage
import Events
import TestSupport
import Testing

/// What errors that a single value causes, and errors that say nothing about values, mean to the caller.
@Suite struct RefusalTests {
    /// Makes inserts of a visitor raise something, as a trigger of the owner's may.
    private func raise(_ action: String, for visitor: String, _ database: Database) throws {
        switch database.engine {
        case .sqlite:
            try database.rows(
                """
                create trigger poison before insert on collector_events when new.visitor_id = '\(visitor)'
                begin \(action); end
                """
            )
        case .postgresql:
            try database.rows(
                """
                create function poison() returns trigger language plpgsql as $$ begin \(action); return new; end $$;
                create trigger poison before insert on collector_events for each row
                when (new.visitor_id = '\(visitor)') execute function poison()
                """
            )
        }
    }

    /// Whether the record of the visitor is refused, and another, before and after, is stored.
    private func decidesOnlyForItsRecord(_ database: Database, _ action: String) throws {
        let store = try database.migrated()
        try raise(action, for: "v_poison", database)
        let writer = try store.makeWriter()
        func error(_ visitors: [String]) throws -> StoreError? {
            do {
                _ = try writer.append(Batch(events: try visitors.map { try Event.sample(visitor: $0) }))
                return nil
            } catch let error as StoreError {
                return error
            }
        }
        for visitors in [["v_before", "v_poison", "v_after"], ["v_poison"]] {
            guard case .refused = try error(visitors) else {
                Issue.record("\(action) is \(String(describing: try error(visitors))) for \(visitors)")
                continue
            }
        }
        #expect(try error(["v_after"]) == nil)
        #expect(try database.column("select visitor_id from collector_events") == ["v_after"])
    }

    @Test(
        .withoutCitus("triggers"),
        arguments: [
            "raise exception 'no'", "raise exception 'no' using errcode = '0A000'",
            "raise exception 'no' using errcode = '21000'", "raise exception 'no' using errcode = '54000'",
            "raise exception 'no' using errcode = '40001'",
            "raise exception 'no' using errcode = '40P01'", "raise exception 'no' using errcode = '55000'",
            "raise exception 'no' using errcode = '42P01'", "raise exception 'no' using errcode = 'ZZ042'",
            "raise exception 'no' using errcode = '38000'", "raise exception 'no' using errcode = '44000'",
            "perform 1 / 0", "perform 'x'::integer", "perform repeat('x', 2000000000)",
            "perform nothing_of_that_name()",
            "perform (select 1 union all select 2)", "new.event_type = null",
            "perform jsonb_path_query('{}', 'strict $.a')", "execute 'select ' || new.visitor_id",
        ]
    )
    func `a trigger that raises an error of a value's decides only for its record`(action: String) throws {
        try decidesOnlyForItsRecord(Database(.postgresql), action)
    }

    @Test(
        .onOneServer("a shard that takes forever is an outage"),
        arguments: [
            "perform pg_sleep(60)", "perform pg_cancel_backend(pg_backend_pid()); perform pg_sleep(1)",
            "raise exception 'no' using errcode = '57014'",
        ]
    )
    func `a trigger that takes forever decides only for its record`(action: String) throws {
        try decidesOnlyForItsRecord(Database(.postgresql), action)
    }

    @Test(arguments: [
        "select raise(abort, 'no')", "select raise(rollback, 'no')", "select raise(fail, 'no')",
        "select json_extract('no json', '$')", "select abs(-9223372036854775808)",
        "insert into insight_position (id, last_event_id) values (1, 0)", "select zeroblob(2000000000)",
        "insert into insight_position (id, last_event_id) values ('x', 0)",
    ])
    func `a trigger of SQLite that fails decides only for its record`(action: String) throws {
        try decidesOnlyForItsRecord(Database(.sqlite), action)
    }

    @Test(
        .withoutCitus("triggers"),
        arguments: ["53100", "53200", "58030", "57P03", "08006", "55P03", "25006", "28000", "XX000"]
    )
    func `an error of the server's own is an outage for everybody`(state: String) throws {
        let database = try Database(.postgresql)
        let writer = try database.migrated().makeWriter()
        try raise("raise exception 'no' using errcode = '\(state)'", for: "v_any", database)
        let error = #expect(throws: StoreError.self) {
            try writer.append(Batch(events: [try Event.sample(visitor: "v_any")]))
        }
        guard case .unavailable = error else {
            Issue.record("\(state) is \(String(describing: error))")
            return
        }
    }

    @Test(arguments: Engine.allCases)
    func `a table that is gone is an outage, whatever comes`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        try database.rows("alter table collector_events rename to gone")
        for count in [1, 3] {
            let error = #expect(throws: StoreError.self) {
                try writer.append(Batch(events: try (0..<count).map { _ in try Event.sample() }))
            }
            guard case .unavailable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    private static let columns = [
        "collector_events": """
        received_at client_timestamp visitor_id session_id pageview_id event_type seq path referrer ip_hash user_agent payload
        event_id site client_timestamp_original country region city location_source
        """,
        "debug_data": """
        timestamp client_timestamp ip browser_info performance_data fingerprints errors network battery benchmarks
        visitor_id session_id pageview_id
        """,
        "delivery_reports": """
        pageview_id visitor_id session_id site drop_reasons emitted dropped first_received_at last_received_at revision
        """,
    ].mapValues { $0.split(whereSeparator: \.isWhitespace) }

    @Test(arguments: Engine.allCases)
    func `a column that is gone is an outage, whichever it is`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let batches = [
            "collector_events": Batch(events: [try Event.sample()]),
            "debug_data": Batch(submissions: [try Submission.sample()]),
            "delivery_reports": Batch(reports: [try DeliveryReport.sample()]),
        ]
        for (table, columns) in Self.columns {
            for column in columns {
                let writer = try store.makeWriter()
                try database.rows("alter table \(table) rename column \(column) to gone")
                do throws(StoreError) {
                    _ = try writer.append(batches[table] ?? Batch())
                    Issue.record("without \(column) of \(table), a batch was written")
                } catch {
                    if case .refused(let reason) = error { Issue.record("\(table).\(column): \(reason)") }
                }
                try database.rows("alter table \(table) rename column gone to \(column)")
            }
        }
        for batch in batches.values { #expect(try store.makeWriter().append(batch).stored == 1) }
    }

    @Test(arguments: Engine.allCases)
    func `a schema that fails for every record is an outage`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        switch engine {
        case .sqlite:
            try database.rows(
                "create trigger broken before insert on collector_events begin insert into missing values (1); end"
            )
        case .postgresql:
            try database.rows("alter table collector_events rename column site to somewhere")
        }
        let error = #expect(throws: StoreError.self) { try writer.append(Batch(events: [try Event.sample()])) }
        guard case .unavailable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
