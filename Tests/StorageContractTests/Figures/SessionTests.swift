import Segments
import Storage
import TestSupport
import Testing

/// Sessions with their page views, errors and resources, as the aggregator makes them and as SQL does.
@Suite struct `Sessions of random events` {
    @Test(arguments: Engine.allCases, [1, 2] as [UInt64])
    func `are those of SQL over raw rows, in whatever order the events come`(engine: Engine, seed: UInt64) throws {
        let database = try Database(engine)
        let store = try RandomDatabase.fill(database, RandomEvents(seed: seed, sessions: 250))
        let tables = RawTables(connection: try database.connection())
        try tables.make()
        let segments = try MemorySegments(store.makeDatabase(), backwards: seed % 2 == 0, sessionsOfSegment: 90)
        let right = try Self.lines(tables)
        let lines = Self.lines(segments)
        #expect(lines.count == right.count)
        let missing = Set(right).subtracting(lines).sorted()
        let surplus = Set(lines).subtracting(right).sorted()
        for (one, other) in zip(missing, surplus).prefix(20) { Issue.record("\(other)\nright: \(one)") }
        #expect(missing.count == 0 && surplus.count == 0)
    }

    // MARK: - By SQL

    private static func lines(_ tables: RawTables) throws -> [String] {
        let connection = tables.connection
        func text(_ columns: [String]) -> String {
            columns.map { "coalesce(cast(\($0) as text), '-')" }.joined(separator: " || '|' || ")
        }
        let first = "(select min(w.rid) from pv w where w.sid = ss.sid and w.is_counted = (ss.counted > 0))"
        let counted = "case when pv.is_counted then 1 else 0 end"
        let session = text(RawTables.sessionColumns.map { "ss.\($0.1)" } + ["ss.counted"])
        let vitals = ["lcp", "inp", "cls", "fcp", "ttfb"]
            .map { "cast(round(cast(pv.\($0) * 100 as numeric), 0) as bigint)" }
        let bigint = connection.engine == .sqlite ? "integer" : "bigint"
        let view = text(
            ["pv.time", counted, "pv.received", "pv.engagement"]
                + vitals.map { $0.split(separator: "bigint").joined(separator: bigint) }
                + RawTables.pageViewColumns.map { "pv.\($0.1)" }
        )
        let index = "(select count(*) from pv w where w.sid = pv.sid and w.rid < pv.rid)"
        return try [
            "select 's' || '|' || \(session) from ss where \(first) is not null",
            "select 'p' || '|' || ss.browser || '|' || \(view) from pv join ss using (sid)",
            "select 'e' || '|' || \(text(["pv.time", index, "xe.time", "kind", "name", "issue", "sum(count)"])) from xe "
                + "join pv using (rid) group by pv.rid, pv.sid, pv.time, xe.time, kind, name, issue",
            "select 'r' || '|' || \(text(["pv.time", index, "kind", "name", "bytes", "count(*)"])) from xr "
                + "join pv using (rid) group by pv.rid, pv.sid, pv.time, kind, name, bytes",
        ].flatMap { try connection.rows($0).map { $0[0] ?? "null" } }
    }

    // MARK: - By the aggregator

    private static func lines(_ segments: MemorySegments) -> [String] {
        let texts = segments.dictionaries
        var lines: [String] = []
        func joined(_ values: [String]) -> String { values.joined(separator: "|") }
        for session in segments.sessions {
            let counted = session.pageViews.filter(\.isCounted)
            let ends = counted.isEmpty ? session.pageViews : counted
            let codes: [(Column, UInt32)] = RawTables.sessionColumns.map { column, _ in
                switch column {
                case .entryPath: (column, ends[0].path)
                case .exitPath: (column, ends[ends.count - 1].path)
                default: (column, SessionRow.codeColumns.first { $0.column == column }.map { $0.code(session) } ?? 0)
                }
            }
            let shown = codes.map { column, code in column.dictionary.map { texts.text(code, $0) } ?? "" }
            lines.append(joined(["s"] + shown + [String(counted.count)]))
            for view in session.pageViews {
                let vitals = view.vitals.map { $0.map { String(Int64((Double($0) * 100).rounded())) } ?? "-" }
                let codes: [(Column, UInt32)] = [
                    (.path, view.path), (.release, view.release), (.connection, view.connection),
                    (.navigation, view.navigation), (.lcpElement, view.lcpElement), (.lcpPart, view.lcpPart),
                    (.inpElement, view.inpElement), (.inpPart, view.inpPart), (.clsElement, view.clsElement),
                ]
                let numbers = [
                    String(view.time), view.isCounted ? "1" : "0", String(view.eventsReceived),
                    view.engagement.map { String($0) } ?? "-",
                ]
                let browser = texts.text(session.browser, .browser)
                let shown = codes.map { column, code in column.dictionary.map { texts.text(code, $0) } ?? "" }
                lines.append(joined(["p", browser] + numbers + vitals + shown))
            }
            var events: [String: Int] = [:]
            for event in session.events {
                let issue =
                    event.kind == .notFound
                    ? texts.text(event.path, .notFound) : texts.text(event.issue, .issue)
                let name = joined([
                    "e", String(session.pageViews[Int(event.pageView)].time), String(event.pageView),
                    String(event.time), String(event.kind.rawValue), texts.text(event.name, .eventName),
                    segments.issues.messages[issue] ?? issue,
                ])
                events[name, default: 0] += Int(event.count)
            }
            lines += events.map { "\($0.key)|\($0.value)" }
            var resources: [String: Int] = [:]
            for resource in session.resources {
                let name = joined([
                    "r", String(session.pageViews[Int(resource.pageView)].time), String(resource.pageView),
                    String(resource.kind.rawValue), texts.text(resource.name, .resource), String(resource.bytes),
                ])
                resources[name, default: 0] += 1
            }
            lines += resources.map { "\($0.key)|\($0.value)" }
        }
        return lines
    }
}
