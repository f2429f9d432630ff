import Events
import Reports
import Rollups
import Segments
import Storage
import TestSupport
import Testing

@testable import HTTPAPI
@testable import Reports
@testable import Rollups

/// A database with random events and delivery reports, and all figures that reports make of it.
struct RetentionBench {
    let database: Database
    let store: any Store
    let random: RandomEvents
    let events: [Event]

    /// Seconds since 1970, after the last event.
    var end: Int64 { random.end + 3 * 86_400 }

    init(_ engine: Engine, seed: UInt64, sessions: Int = 200) throws {
        database = try Database(engine)
        store = try database.migrated()
        try database.shareHashKey()
        random = RandomEvents(seed: seed, sessions: sessions)
        events = try random.events()
        try RandomDatabase.append(events[...], store)
        try addDeliveryReports()
        try store.catchUp()
    }

    /// A delivery report for most page views; some lost an event on the way.
    private func addDeliveryReports() throws {
        let rows = try database.rows(
            "select pageview_id, visitor_id, count(*) from collector_events where seq > 0 group by 1, 2 order by 1, 2"
        )
        var reports: [DeliveryReport] = []
        for (number, row) in rows.enumerated() where number % 5 != 0 {
            let emitted = (Int(row[2] ?? "") ?? 0) + (number % 7 == 0 ? 2 : 0)
            reports.append(
                try DeliveryReport.sample(
                    pageview: row[0] ?? "",
                    visitor: row[1] ?? "",
                    emitted: emitted,
                    dropped: number % 11 == 0 ? #"{"queue_full":1}"# : nil,
                    receivedAt: random.end * 1_000_000
                )
            )
        }
        let writer = try store.makeWriter()
        for start in stride(from: 0, to: reports.count, by: 200) {
            _ = try writer.append(Batch(reports: Array(reports[start..<min(start + 200, reports.count)])))
        }
    }

    /// Removes events in passes until nothing is left to remove.
    ///
    /// - Returns: the number of removed events.
    @discardableResult
    func remove(before time: Int64, archived: ArchivedRows? = nil) throws -> Int {
        let retention = try Retention(store.makeDatabase(), archived: archived)
        var (removed, round) = (0, 0)
        while true {
            let step = try retention.removeEvents(before: time, now: end)
            round += step.rows
            guard step.isLast else { continue }
            guard round > 0 else { return removed }
            (removed, round) = (removed + round, 0)
        }
    }

    // MARK: - Figures

    private func range(_ from: Int64, _ to: Int64) throws -> ReportRange { try ReportRange(from: from, to: to) }

    /// The JSON of all reports over the whole time, over days, and over parts of a day.
    func reports() throws -> [String: String] {
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        var found: [String: String] = [:]
        let queries = [
            ReportQuery(range: try range(random.start - 86_400, end), includesBots: true),
            ReportQuery(range: try range(random.start + 100_000, random.start + 250_000)),
        ]
        let listed = ReportDimension.allCases
        for (number, query) in queries.enumerated() {
            func note(_ name: String, _ json: JSONEncodedValue) {
                found["\(name) \(number)"] = String(decoding: json.encoded, as: UTF8.self)
            }
            note("overview", try reports.overview(query, now: end).json(processing: nil))
            note("performance", try reports.performance(query).json)
            for start in stride(from: 0, to: listed.count, by: 8) {
                let dimensions = Array(listed[start..<min(start + 8, listed.count)])
                note("lists \(start)", try reports.breakdowns(query, dimensions, ListSelection(limit: 500)).json)
            }
            note("issues", try reports.issues(query).json)
            note("fingerprints", try reports.fingerprints(query, isAllTime: false).json)
            note("data quality", try reports.dataQuality(query).json)
            note("retention", try reports.retention(query, by: .week).json)
            let visitors = try reports.visitors(query, .lastSeen, after: nil, limit: 100, find: nil)
            note(
                "visitors",
                .array(
                    visitors.rows.map {
                        .text(
                            "\($0.figures.lastSeen) \($0.figures.pageViews) \($0.figures.sessions) \($0.values[.browser] ?? "")"
                        )
                    }
                )
            )
        }
        return found
    }

    /// The names of reports that differ.
    func differences(from before: [String: String]) throws -> [String] {
        let now = try reports()
        return Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted()
    }

    /// Expects that no report has changed.
    func expectEqual(_ before: [String: String], _ location: SourceLocation = #_sourceLocation) throws {
        let changed = try differences(from: before)
        #expect(changed.isEmpty, "\(changed)", sourceLocation: location)
    }

    /// Delivery by page view, as the view has it.
    func delivery() throws -> [[String?]] {
        try database.rows(
            "select pageview_id, visitor_id, emitted, dropped, received, lost from pageview_delivery order by 1, 2"
        )
    }
}
