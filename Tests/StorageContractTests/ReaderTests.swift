import Insight
import Storage
import Telemetry
import TestSupport
import Testing

/// The owner's questions: both engines give the same answers, and the answers are those of the events.
@Suite struct ReaderTests {
    private static let end: Int64 = 1_795_456_784
    private static let events = 6000
    /// Limits of rows alone decide how far a search comes, however busy the machine is.
    private static let ampleTime = Duration.seconds(600)

    /// A store of made-up visits whose rollups are complete.
    private func filled(_ engine: Engine) throws -> (database: Database, store: any Store) {
        let database = try Database(engine)
        let store = try database.migrated()
        try database.shareHashKey()
        var data = DemoData(DemoRun(seed: 21, events: Self.events, end: Self.end * 1_000_000, idPrefix: 1))
        let writer = try store.makeWriter()
        while let events = data.next() {
            _ = try writer.append(Batch(ledgers: data.ledgers))
            for start in stride(from: 0, to: events.count, by: Batch.recordsMax) {
                let part = Array(events[start..<min(start + Batch.recordsMax, events.count)])
                _ = try writer.append(Batch(events: part))
            }
        }
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
        return (database, store)
    }

    private static func question(
        days: Int64,
        _ filters: [(Dimension, String)] = [],
        robots: Bool = false,
        site: String? = nil
    ) -> Question {
        Question(
            from: end - days * 86_400,
            to: end,
            site: site,
            filters: filters.map { .init(dimension: $0, value: $1) },
            includesRobots: robots
        )
    }

    private static let questions = [
        question(days: 1), question(days: 7), question(days: 29), question(days: 29, robots: true),
        question(days: 29, site: "shop.example"), question(days: 29, site: "nothing.example"),
        question(days: 12, [(.browser, "Firefox")]), question(days: 12, [(.browser, "Chrome"), (.device, "Mobile")]),
        question(days: 3, [(.path, "/products/:id"), (.system, "Windows"), (.language, "de")]),
    ]

    private func answers(_ store: any Store, _ question: Question) throws -> [String: JSONOut] {
        let database = try store.makeDatabase()
        let reader = Reader(database, question, samplingTime: Self.ampleTime)
        let events = EventReader(database: database, time: Self.ampleTime)
        var search = EventReader.Search()
        (search.type, search.key, search.from, search.to) = ("error", "frames", question.from, question.to)
        let found = try #require(try events.latest(search, before: nil, limit: 20))
        let visitor = try events.latest(EventReader.Search(), before: nil, limit: 1)?.events.first?.visitorID ?? ""
        let issues = try reader.issues(state: nil)
        return [
            "overview": try reader.overview(now: Self.end),
            "breakdowns": try reader.breakdowns(Dimension.allCases, limit: 20),
            "counts": try reader.breakdowns([.path, .browser], limit: 20, countsOnly: true),
            "performance": try reader.performance(), "slowest": try reader.slowest(.device, limit: 20),
            "fingerprints": try reader.fingerprints(), "issues": issues, "quality": try reader.quality(),
            "live": try reader.live(now: Self.end), "sites": try reader.sites(),
            "events": .array(found.events.map(\.json)), "journey": try events.journey(visitor: visitor) ?? .null,
            "shared": try reader.shared([("canvas", "1")]), "submissions": try events.submissions(),
        ]
    }

    @Test func `both engines give the same answers to every question`() throws {
        let (sqlite, postgres) = try (filled(.sqlite), filled(.postgresql))
        for question in Self.questions {
            let (one, other) = try (answers(sqlite.store, question), answers(postgres.store, question))
            for (name, answer) in one {
                let (given, wanted) = (text(answer), text(other[name] ?? .null))
                guard given != wanted else { continue }
                let place = zip(given, wanted).prefix { $0 == $1 }.count
                Issue.record(
                    "\(name) of \(question): \(given.dropFirst(place - 40).prefix(120)) and \(wanted.dropFirst(place - 40).prefix(120))"
                )
            }
        }
        withExtendedLifetime((sqlite.database, postgres.database)) {}
    }

    /// Without payloads, whose members PostgreSQL keeps in an order of its own.
    private func text(_ answer: JSONOut) -> String {
        func plain(_ value: JSONOut) -> JSONOut {
            switch value {
            case .stored: .null
            case .array(let elements): .array(elements.map(plain))
            case .object(let members): .object(members.map { ($0.0, plain($0.1)) })
            default: value
            }
        }
        return String(decoding: plain(answer).encoded, as: UTF8.self)
    }

    private func number(_ answer: JSONOut, _ path: String...) -> Double? {
        var value = answer
        for name in path {
            guard case .object(let members) = value, let member = members.first(where: { $0.0 == name }) else {
                return nil
            }
            value = member.1
        }
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: return nil
        }
    }

    @Test func `percentiles and visitors are as near to the exact ones as is said`() throws {
        let (database, store) = try filled(.sqlite)
        let question = Self.question(days: 29, robots: true)
        let since = try database.column(
            "select strftime('%Y-%m-%dT%H:%M:%fZ', \(question.from), 'unixepoch')"
        )
        let range = "received_at >= '\((since[0] ?? "").dropLast(4))000Z'"
        let visitors = try #require(
            try database.column("select count(distinct visitor_id) from collector_events where \(range)")[0].flatMap(
                Double.init
            )
        )
        let reader = try Reader(store.makeDatabase(), question)
        let told = try #require(number(try reader.overview(now: Self.end), "totals", "visitors"))
        // Three times the standard error of the sketch.
        #expect(abs(told - visitors) <= 3 * 0.023 * visitors)
        let performance = try reader.performance()
        for metric in ["LCP", "INP", "CLS", "FCP", "TTFB"] {
            let values = try database.column(
                """
                select json_extract(payload, '$.\(metric)') from collector_events
                where event_type = 'webvitals' and \(range) and json_extract(payload, '$.\(metric)') is not null order by 1 * json_extract(payload, '$.\(metric)')
                """
            ).compactMap { $0.flatMap(Double.init) }
            for (name, share) in [("p50", 0.5), ("p75", 0.75), ("p95", 0.95)] {
                let exact = values[Int(share * Double(values.count - 1))]
                let found = try #require(number(performance, "metrics", metric.lowercased(), "figures", name))
                // And what rounding does: to whole milliseconds, of CLS to three digits.
                let rounding = metric == "CLS" ? 0.0005 : 0.5
                #expect(abs(found - exact) <= 0.025 * exact + rounding, "\(name) of \(metric): \(found) and \(exact)")
            }
            let count = number(performance, "metrics", metric.lowercased(), "figures", "count")
            #expect(count == Double(values.count))
        }
    }

    @Test func `what is estimated from a part of the events says so, and is near`() throws {
        let (database, store) = try filled(.sqlite)
        defer { withExtendedLifetime(database) {} }
        let reader = try Reader(
            store.makeDatabase(),
            Self.question(days: 29, [(.browser, "Chrome"), (.device, "Desktop")])
        )
        let overview = try reader.overview(now: Self.end)
        let share = try #require(number(overview, "sampled", "share"))
        #expect(share > 0 && share < 1)
        let exact = try Reader(store.makeDatabase(), Self.question(days: 29, [(.browser, "Chrome")])).breakdowns(
            [.device],
            limit: 5
        )
        #expect(number(exact, "sampled", "share") != nil)
        let views = try #require(number(overview, "totals", "views"))
        #expect(views > 200 && views < 1500)
    }

    @Test(arguments: Engine.allCases)
    func `an issue that was decided on stays so after the rollups are made anew`(engine: Engine) throws {
        let (database, store) = try filled(engine)
        defer { withExtendedLifetime(database) {} }
        let reader = Reader(try store.makeDatabase(), Self.question(days: 29))
        guard case .object(let members) = try reader.issues(state: nil), case .array(let issues)? = members.last?.1,
            case .object(let issue)? = issues.first, case .text(let name) = issue[0].1
        else {
            Issue.record("there is no issue")
            return
        }
        #expect(try reader.decide(name, state: "ignored", now: Self.end))
        #expect(try !reader.decide("0000", state: "ignored", now: Self.end))
        let rollups = try Rollups(store.makeDatabase())
        try rollups.clear()
        while try rollups.advance() > 0 {}
        let again = try #require(try reader.issue(name))
        #expect(String(decoding: again.encoded, as: UTF8.self).contains(#""state":"ignored""#))
        #expect(try Rollups(store.makeDatabase()).differences().map(\.table) == [])
    }
}
