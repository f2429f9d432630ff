import Events
import Storage
import TestSupport
import Testing

@testable import HTTPAPI
@testable import Reports

/// The file of all data of a visitor, on both stores.
@Suite struct VisitorExportTests {
    private func lines(
        _ store: any Store,
        _ visitor: String,
        site: String? = nil
    ) throws -> (lines: [String], pages: Int) {
        let export = VisitorExport(try store.makeDatabase(), visitor: visitor, site: site)
        var cursor: VisitorExport.Cursor? = VisitorExport.Cursor()
        var (lines, pages): ([String], Int) = ([], 0)
        while let start = cursor {
            let page = try export.page(from: start)
            pages += 1
            lines += page.rows.map { String(decoding: ExportFormat.ndjson.row($0.names, $0.cells), as: UTF8.self) }
            cursor = page.next
        }
        return (lines, pages)
    }

    @Test(arguments: Engine.allCases)
    func `each row of each table is a line with its columns`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        let events = Int(VisitorExport.pageRowsMax) + 3
        var batch = Batch()
        batch.submissions = [try .sample(#"{"visitor_id":"v_1","errors":[1]}"#), try .sample(#"{"visitor_id":"v_2"}"#)]
        batch.reports = [try .sample(site: "shop.example"), try .sample(pageview: "p_2", visitor: "v_2")]
        _ = try store.makeWriter().append(batch)
        try store.append(
            (1..<events).map { number in
                try Event.sample(
                    visitor: number % 2 == 0 ? "v_1" : "v_2",
                    eventID: "00000000-0000-4000-8000-" + String(100_000_000_000 + number),
                    more: [("seq", "\(number)"), ("site", #""shop.example""#)]
                )
            }
        )
        for visitor in ["v_1", "v_2"] {
            try home.rows(
                """
                insert into insight_fingerprints (visitor_id, site, signals, reports, changed, first_seen, last_seen)
                values ('\(visitor)', 'shop.example', 'canvas a', 1, 0, 1, 2)
                """
            )
        }
        let (all, _) = try lines(store, "v_1")
        for (table, count) in [
            ("collector_events", events / 2), ("debug_data", 1), ("delivery_reports", 1),
            ("insight_fingerprints", 1),
        ] {
            #expect(all.count { $0.hasPrefix(#"{"table":"\#(table)","#) } == count, "\(table)")
        }
        #expect(Set(all).count == all.count)
        #expect(all.allSatisfy { !$0.contains("v_2") && $0.hasSuffix("}\n") })
        let first = try #require(all.first)
        #expect(first.contains(#""received_at":"2026-11-23T17:59:44.821673Z""#), "\(first)")
        #expect(first.contains(#""event_id":"00000000-0000-4000-8000-100000000002""#))
        #expect(try lines(store, "v_1", site: "none.example").lines.isEmpty)
        #expect(try !lines(store, "v_1", site: "shop.example").lines.contains { $0.contains("debug_data") })
    }

    @Test(arguments: Engine.allCases)
    func `a visitor with many rows is read in pages`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        let count = Int(VisitorExport.pageRowsMax) * 2 + 1
        try store.append((0..<count).map { try Event.sample(more: [("seq", "\($0)")]) })
        let (all, pages) = try lines(store, "v_1")
        #expect(all.count == count && Set(all).count == count && pages > 3)
    }
}
