import Storage
import Events
import TestSupport
import Testing

/// What both engines must make of what page views say of themselves.
@Suite struct DeliveryReportTests {
    private static let columns = "pageview_id, site, emitted, dropped, drop_reasons"

    private func reports(_ database: Database) throws -> [[String?]] {
        try database.rows("select \(Self.columns) from delivery_reports order by pageview_id")
    }

    private func text(_ reasons: String, _ engine: Engine) -> String {
        engine == .sqlite ? reasons : reasons.replacing(":", with: ": ")
    }

    @Test(arguments: Engine.allCases)
    func `numbers only grow, in whatever order and however often they come`(engine: Engine) throws {
        let entries = [
            try DeliveryReport.sample(site: "shop.example", emitted: 3, receivedAt: 1_795_456_784_000_000),
            try DeliveryReport.sample(
                site: "shop.example",
                emitted: 9,
                dropped: #"{"queue_full":2}"#,
                receivedAt: 1_795_456_786_000_000
            ),
            try DeliveryReport.sample(
                site: "shop.example",
                emitted: 7,
                dropped: #"{"queue_full":1}"#,
                receivedAt: 1_795_456_785_000_000
            ),
        ]
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2, 1], [0, 0, 2, 1, 1]] {
            let database = try Database(engine)
            let writer = try database.migrated().makeWriter()
            for index in order { _ = try writer.append(Batch(reports: [entries[index]])) }
            #expect(
                try reports(database) == [["p_1", "shop.example", "9", "2", text(#"{"queue_full":2}"#, engine)]],
                "\(order)"
            )
            let first =
                engine == .sqlite
                ? "first_received_at" : "to_char(first_received_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
            let last = first.replacing("first", with: "last")
            #expect(
                try database.rows("select \(first), \(last) from delivery_reports") == [
                    ["2026-11-23T17:59:44.000000Z", "2026-11-23T17:59:46.000000Z"]
                ]
            )
        }
    }

    @Test(arguments: Engine.allCases)
    func `entries for the same view in one batch are one row`(engine: Engine) throws {
        let database = try Database(engine)
        let entries = [
            try DeliveryReport.sample(pageview: "p_2", emitted: 1),
            try DeliveryReport.sample(emitted: 5, dropped: #"{"a":1}"#),
            try DeliveryReport.sample(emitted: 4, dropped: #"{"a":3,"b":1}"#),
            try DeliveryReport.sample(pageview: "p_2", visitor: "v_2"),
        ]
        let events = try (1...2).map { try Event.sample(more: [("seq", String($0))]) }
        let appended = try database.migrated().makeWriter().append(Batch(events: events, reports: entries))
        #expect(appended == Appended(stored: 6, duplicates: 0))
        #expect(
            try database.rows("select pageview_id, visitor_id, emitted, dropped from delivery_reports order by 1, 2")
                == [
                    ["p_1", "v_1", "5", "4"], ["p_2", "v_1", "1", "0"], ["p_2", "v_2", "1", "0"],
                ]
        )
    }

    @Test(arguments: Engine.allCases)
    func `events emitted, not dropped and not received are lost`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let events = try [1, 2, 5, 0].map { try Event.sample(more: [("seq", String($0))]) }
        _ = try writer.append(
            Batch(events: events, reports: [try DeliveryReport.sample(emitted: 9, dropped: #"{"a":2}"#)])
        )
        _ = try writer.append(Batch(reports: [try DeliveryReport.sample(pageview: "p_none", emitted: 4)]))
        // More came than was said, since the latest word is still on its way.
        _ = try writer.append(Batch(reports: [try DeliveryReport.sample(pageview: "p_1", visitor: "v_2", emitted: 0)]))
        #expect(
            try database.rows(
                "select pageview_id, visitor_id, emitted, dropped, received, lost from pageview_delivery order by 1, 2"
            ) == [
                ["p_1", "v_1", "9", "2", "3", "4"], ["p_1", "v_2", "0", "0", "0", "0"],
                ["p_none", "v_1", "4", "0", "0", "4"],
            ]
        )
    }

    @Test(arguments: Engine.allCases)
    func `a batch of records of all kinds is written once under its number`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let source = BatchSource.random(isJournal: false)
        let kinds: [Batch] = [
            Batch(reports: [try DeliveryReport.sample()]),
            Batch(events: [try Event.sample()], reports: [try DeliveryReport.sample()]),
            Batch(submissions: [try Submission.sample()], reports: [try DeliveryReport.sample()]),
            Batch(
                events: [try Event.sample()],
                submissions: [try Submission.sample()],
                reports: [try DeliveryReport.sample()]
            ),
        ]
        for (index, batch) in kinds.enumerated() {
            let id = BatchID(source: source, number: Int64(index + 1), previous: Int64(index))
            #expect(try writer.append(batch, as: id) == Appended(stored: batch.count, duplicates: 0))
            #expect(try writer.append(batch, as: id).stored == 0)
            #expect(try writer.position(of: source) == id.number)
        }
        #expect(try database.count("collector_events") == 2)
        #expect(try database.count("debug_data") == 2)
        #expect(try database.count("delivery_reports") == 1)
    }

    @Test(arguments: Engine.allCases)
    func `an event that is there already does not keep a report out`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let event = try Event.sample(eventID: "0198f0c2-7b1e-7cc3-98c4-dc0c0c07398f")
        _ = try writer.append(Batch(events: [event], reports: [try DeliveryReport.sample(emitted: 1)]))
        let again = try writer.append(Batch(events: [event], reports: [try DeliveryReport.sample(emitted: 2)]))
        #expect(again.duplicates == 1)
        #expect(try database.column("select emitted from delivery_reports") == ["2"])
    }

    @Test(arguments: Engine.allCases)
    func `entries in one batch leave what they would have left one by one`(engine: Engine) throws {
        // Equal to Swift, different to a database.
        let pageviews = ["p_1", "p_\u{e9}", "p_e\u{301}"]
        let entries = try [(5, 0), (9, 2), (7, 4), (8, 1), (9, 3), (6, 4)].enumerated().flatMap { index, numbers in
            try pageviews.enumerated().map { index, pageview in
                try DeliveryReport.sample(
                    pageview: pageview,
                    site: index == 0 ? "shop.example" : "other.example",
                    emitted: numbers.0 + index,
                    dropped: "{\"a\":\(numbers.1),\"b\":\(index)}",
                    receivedAt: Int64(1_795_456_784 + (index * 7) % 5) * 1_000_000
                )
            }
        }
        let rows = try [[entries], entries.map { [$0] }].map { batches in
            let database = try Database(engine)
            let writer = try database.migrated().makeWriter()
            for reports in batches { _ = try writer.append(Batch(reports: reports)) }
            return try database.rows(
                """
                select pageview_id, visitor_id, session_id, site, emitted, dropped, drop_reasons, first_received_at,
                    last_received_at
                from delivery_reports order by length(pageview_id), emitted
                """
            )
        }
        #expect(rows[0].count == pageviews.count)
        #expect(rows[0] == rows[1])
    }
}
