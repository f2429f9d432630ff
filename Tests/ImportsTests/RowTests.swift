import Testing

@testable import Imports

private func row(_ header: String, _ line: String) throws -> CSVTable.Row {
    func fields(_ text: String) -> [[UInt8]] {
        var reader = CSVReader()
        for byte in (text.hasSuffix("\n") ? text : text + "\n").utf8 {
            if case .fields(let fields, _) = reader.next(byte) { return fields }
        }
        return []
    }
    return try CSVTable(header: fields(header)).row(fields(line))
}

private func view(_ item: ImportItem) throws -> ImportedView {
    guard case .view(let view) = item else { throw ImportError("\(item)") }
    return view
}

@Suite struct GoatCounterTests {
    private func item(_ line: String) throws -> ImportItem {
        var rows = GoatCounterRows()
        return try rows.item(row(ExportSamples.goatCounterHeader, line))
    }

    @Test func `a page view keeps its session, time, referrer, browser, system, screen and location`() throws {
        let found = try view(
            item(
                #"/a.html?x=1,"A, ""title""",false,,Chrome 86,Mac OS X 10.15,5f1-2a,0,news.example/a,h,"1280,768,1",US-TX,true,2026-01-02T10:00:00Z"#
            )
        )
        #expect(found.visitor == "5f1-2a" && found.session == "5f1-2a")
        #expect(found.time == 1_767_348_000_000_000)
        #expect(found.path == "/a.html" && found.referrer == "https://news.example/a" && found.campaign.isEmpty)
        #expect((found.agent.browser, found.agent.browserVersion) == ("Chrome", "86"))
        #expect((found.agent.system, found.agent.systemVersion) == ("Mac OS X", "10.15"))
        #expect((found.screen, found.country, found.regionCode) == ("1280x768", "US", "US-TX"))
    }

    @Test func `the value of a campaign parameter is the source of a campaign, a name is no address`() throws {
        let campaign = try view(item("/,,0,,,,1,0,letter,c,,DE,1,2026-01-02T10:00:00Z"))
        #expect(campaign.campaign == [.init(name: "utm_source", value: "letter")] && campaign.referrer.isEmpty)
        #expect(try view(item("/,,0,,,,1,0,Email,g,\"390,0,1\",,1,2026-01-02T10:00:00Z")).referrer == "Email")
        #expect(try view(item("/,,f,,,,1,0,,o,\",0,1\",,1,2026-01-02T10:00:00Z")).screen.isEmpty)
    }

    @Test(arguments: ["", "0", "0-0", "00000000000000000000000000000000"])
    func `without sessions there are no visitors`(session: String) throws {
        #expect(try view(item("/,,0,,,,\(session),0,,,,,1,2026-01-02T10:00:00Z")).visitor == nil)
    }

    @Test func `events and bots are left out`() throws {
        #expect(try item("click,,1,,,,1,0,,,,,1,2026-01-02T10:00:00Z") == .leftOut(.events))
        #expect(try item("/,,0,,,,1,3,,,,,1,2026-01-02T10:00:00Z") == .leftOut(.bots))
    }

    @Test(arguments: [
        ("/,,maybe,,,,1,0,,,,,1,2026-01-02T10:00:00Z", "Event is neither true nor false"),
        ("/,,0,,,,1,x,,,,,1,2026-01-02T10:00:00Z", "Bot is no number"),
        ("/,,0,,,,1,0,,,,,1,yesterday", "Date is no date and time"),
        (",,0,,,,1,0,,,,,1,2026-01-02T10:00:00Z", "Path is empty"),
        ("/,,0,,,,1,0,x,z,,,1,2026-01-02T10:00:00Z", "Referrer scheme is none of h, g, c and o"),
    ])
    func `a value that cannot be read is a problem`(line: String, problem: String) {
        #expect(throws: RowProblem(problem)) { _ = try item(line) }
    }

    @Test func `equal rows are two page views, and the same two each time`() throws {
        func identities() throws -> [String] {
            var rows = GoatCounterRows()
            return try (0..<2).map { _ in
                try view(rows.item(row(ExportSamples.goatCounterHeader, "/,,0,,,,1,0,,,,,1,2026-01-02T10:00:00Z")))
                    .identity
            }
        }
        let found = try identities()
        #expect(found[0] != found[1])
        #expect(try identities() == found)
    }
}

@Suite struct UmamiTests {
    private func item(_ line: String) throws -> ImportItem {
        var rows = UmamiRows()
        return try rows.item(row(ExportSamples.umamiHeader, line))
    }

    @Test func `Umami's session is the visitor, its visit the session`() throws {
        let found = try view(item(ExportSamples.umami("e1", path: "/a?x")))
        #expect((found.identity, found.visitor, found.session, found.path) == ("e1", "s1", "v1", "/a"))
        #expect(found.time == 1_767_348_000_000_000)
        #expect(found.referrer == "https://news.example/news")
        #expect(found.campaign.map(\.name) == ["utm_source", "utm_medium", "utm_campaign"])
        #expect((found.language, found.screen) == ("de-DE", "1440x900"))
        #expect((found.country, found.regionCode, found.city) == ("DE", "BE", "Berlin"))
        #expect(
            (found.agent.browser, found.agent.system, found.agent.systemVersion) == ("edge-chromium", "Windows", "10")
        )
    }

    @Test(arguments: ["2026-01-02 10:00:00.000+00", "2026-01-02 11:00:00+01", "2026-01-02T10:00:00.000Z"])
    func `times are those of either database`(time: String) throws {
        #expect(try view(item(ExportSamples.umami("e1", at: time))).time == 1_767_348_000_000_000)
    }

    @Test func `the plain table of a self-hosted database has neither browser nor visit`() throws {
        var rows = UmamiRows()
        let found = try view(
            rows.item(row("event_id,session_id,created_at,url_path,event_type", "e1,s1,2026-01-02 10:00:00+00,/,1"))
        )
        #expect((found.visitor, found.session, found.agent) == ("s1", "s1", ImportedAgent()))
    }

    @Test func `only rows of the type 1 are page views`() throws {
        for type in ["2", "3", "5"] { #expect(try item(ExportSamples.umami("e1", type: type)) == .leftOut(.events)) }
        #expect(throws: RowProblem("event_type is no number")) { _ = try item(ExportSamples.umami("e1", type: "x")) }
        #expect(throws: RowProblem("session_id is empty")) { _ = try item(ExportSamples.umami("e1", session: "")) }
        #expect(throws: RowProblem("url_path is empty")) { _ = try item(ExportSamples.umami("e1", path: "")) }
        #expect(throws: RowProblem("created_at is no date and time")) {
            _ = try item(ExportSamples.umami("e1", at: "5"))
        }
    }
}

@Suite struct MatomoTests {
    private func items(_ text: String) throws -> [ImportItem] {
        var found: [ImportItem] = []
        var visits = MatomoVisits(Array(text.utf8))
        try visits.each { item, _, _ in
            found.append(item)
            return true
        }
        return found
    }

    @Test func `each action of the type action is a page view of its visit`() throws {
        let actions = [
            ExportSamples.matomoAction(7, path: "/a?x#y"), ExportSamples.matomoAction(8, type: "goal"),
            ExportSamples.matomoAction(9, path: "", at: 1_767_348_060),
        ]
        let found = try items("[" + ExportSamples.matomoVisit(3, actions: actions) + "]")
        #expect(found.count == 3 && found[1] == .leftOut(.events))
        let (first, last) = try (view(found[0]), view(found[2]))
        #expect((first.identity, first.visitor, first.session) == ("3/7", "a1b2c3d4e5f60718", "3"))
        #expect((first.path, last.path) == ("/a", "/") && last.time - first.time == 60_000_000)
        #expect(first.referrer == "https://news.example/a?b=1" && last.referrer.isEmpty)
        #expect((first.country, first.regionCode, first.city, first.screen) == ("fr", "IDF", "Paris", "390x844"))
        #expect((first.agent.browser, first.agent.system, first.agent.device) == ("Mobile Safari", "iOS", "Smartphone"))
    }

    @Test func `a campaign is that of the first page view`() throws {
        let visit = ExportSamples.matomoVisit(
            1,
            actions: [ExportSamples.matomoAction(1), ExportSamples.matomoAction(2)]
        )
        .replacing("\"website\"", with: "\"campaign\"").replacing("\"news.example\"", with: "\"spring\"")
        let found = try items("[\(visit)]").map(view)
        #expect(found[0].campaign == [.init(name: "utm_campaign", value: "spring")] && found[1].campaign.isEmpty)
    }

    @Test func `a visit or an action that cannot be read is a problem with its position`() throws {
        let action = ExportSamples.matomoAction(1)
        let text = [
            ExportSamples.matomoVisit(1, visitor: "", actions: [action]), "5",
            ExportSamples.matomoVisit(2, actions: [action.replacing("1767348000", with: "\"soon\""), "[]", action]),
        ]
        let found = try items("[\(text.joined(separator: ","))]")
        #expect(
            found.dropLast() == [
                .problem(at: "visit 1", text: "visitorId is missing"), .problem(at: "visit 2", text: "no object"),
                .problem(at: "visit 3, action 1", text: "timestamp is no number of seconds"),
                .problem(at: "visit 3, action 2", text: "no object"),
            ]
        )
        #expect(try view(#require(found.last)).session == "2")
    }

    @Test(arguments: [
        (#"{"result":"error","message":"no \"access\""}"#, #"no "access""#), (#"{"1":[]}"#, "idSite=NUMBER"),
        ("[", "not a complete JSON array"), (#"[{"idSite":1},{"idSite":2}]"#, "visit 2 is of site 2"),
    ])
    func `what is not a list of visits of one site is refused`(text: String, reason: String) {
        #expect {
            _ = try items(text)
        } throws: { error in
            (error as? ImportError)?.reason.contains(reason) == true
        }
    }
}
