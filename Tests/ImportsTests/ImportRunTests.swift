import Compression
import Events
import TestSupport
import Testing

@testable import Imports

private let secret = String(repeating: "5a", count: 32)
private let now: Int64 = 1_780_000_000_000_000

private func run(_ folder: TemporaryFolder, _ text: String, site: String = "shop.example") throws -> ImportRun {
    try ImportRun(ExportSamples.file(folder, text.utf8), expected: nil, site: site, now: now)
}

private func check(_ run: ImportRun, mode: PrivacyMode = .full) throws -> ImportSummary {
    try #require(try run.check(secret: secret, mode: mode) { _ in true })
}

private func events(_ run: ImportRun, mode: PrivacyMode = .full, secret: String = secret) throws -> [Event] {
    var found: [Event] = []
    _ = try run.events(secret: secret, mode: mode, recordsMax: 2) { batch, _ in
        #expect(batch.count <= 2)
        found += batch
        return true
    }
    return found
}

@Suite struct ImportRunTests {
    private let folder: TemporaryFolder
    private let text =
        ExportSamples.umamiHeader + ExportSamples.umami("e1")
        + ExportSamples.umami("e2", path: "/b", at: "2026-01-03 00:30:00")
        + ExportSamples.umami("e3", session: "s2", visit: "v2") + ExportSamples.umami("e4", type: "2")

    init() throws { folder = try TemporaryFolder() }

    @Test func `the counts are those of the rows`() throws {
        let found = try check(run(folder, text))
        #expect((found.rows, found.pageViews, found.visitors, found.sessions) == (4, 3, 2, 2))
        #expect(found.leftOut == [.events: 1] && found.problems == 0 && found.anonymousViews == 0)
        #expect(found.first == 1_767_348_000_000_000 && found.last == 1_767_400_200_000_000)
    }

    @Test func `events have the times of their rows, the site, and the product in the payload`() throws {
        let found = try events(run(folder, text))
        #expect(found.map(\.receivedAt) == [1_767_348_000_000_000, 1_767_400_200_000_000, 1_767_348_000_000_000])
        #expect(found[0].clientTimestamp == found[0].receivedAt && found[0].text(found[0].site) == "shop.example")
        #expect(
            found[0].text(found[0].payload) == """
                {"language":"de-DE","screenResolution":"1440x900","campaign":{"utm_source":"letter","utm_medium":"email",\
                "utm_campaign":"spring"},"imported":{"product":"umami","browser":"edge-chromium","system":"Windows",\
                "systemVersion":"10","device":"laptop"}}
                """
        )
        #expect(found[0].text(found[0].location?.city) == "Berlin, DE-BE" && found[0].userAgent == nil)
        #expect(found[0].text(found[0].visitorID) == found[1].text(found[1].visitorID))
        #expect(found[0].text(found[0].visitorID) != found[2].text(found[2].visitorID))
        #expect(!found.contains { $0.text($0.visitorID).contains("s1") || $0.text($0.sessionID).contains("v1") })
    }

    @Test func `ids are the same each time, and others for another key, site or row`() throws {
        func ids(_ events: [Event]) -> Set<EventID> { Set(events.compactMap(\.eventID)) }
        let found = try ids(events(run(folder, text)))
        #expect(found.count == 3)
        #expect(try ids(events(run(folder, text))) == found)
        #expect(try ids(events(run(folder, text, site: "other.example"))).isDisjoint(with: found))
        #expect(try ids(events(run(folder, text), secret: "other")).isDisjoint(with: found))
    }

    @Test func `the privacy mode of the site decides what is known of visitors`() throws {
        let cookieless = try check(run(folder, text), mode: .cookieless)
        // One visitor is another one on the next day.
        #expect((cookieless.visitors, cookieless.sessions) == (3, 3))
        let anonymous = try events(run(folder, text), mode: .anonymous)
        #expect(anonymous.allSatisfy { $0.text($0.visitorID) == anonymousVisitor && $0.location?.city == nil })
        #expect(anonymous[0].text(anonymous[0].payload).contains(#""product":"umami""#))
        let summary = try check(run(folder, text), mode: .anonymous)
        #expect((summary.visitors, summary.sessions, summary.anonymousViews) == (0, 0, 3))
    }

    @Test func `page views of unknown visitors count no visitor`() throws {
        let text = ExportSamples.goatCounterHeader + "/,,0,,Firefox 144,Linux,,0,,,,,1,2026-01-02T10:00:00Z\n"
        let found = try #require(try events(run(folder, text)).first)
        #expect(
            found.text(found.visitorID) == anonymousVisitor
                && found.text(found.sessionID) == found.text(found.pageviewID)
        )
    }

    @Test func `a user agent of an export is stored, and its length limited`() throws {
        let agent = "Mozilla/5.0 " + String(repeating: "x", count: 2000)
        let text = ExportSamples.goatCounterHeader + "/,,0,\(agent),,,1,0,,,,,1,2026-01-02T10:00:00Z\n"
        let found = try #require(try events(run(folder, text)).first)
        #expect(found.text(found.userAgent) == String(agent.prefix(Limits.userAgentBytesMax)))
    }

    @Test func `rows that cannot be read are counted and named by their lines, and the others are read`() throws {
        let long = String(repeating: "x", count: 3000)
        let bad = [
            ExportSamples.umami("e5", path: "/" + long), ExportSamples.umami("e6", at: "2999-01-01 00:00:00"),
            ExportSamples.umami("e7", at: "1999-01-01 00:00:00"), ExportSamples.umami("e8", path: "/\0"), "short\n",
            "a\"b,c\n",
        ]
        let run = try run(folder, text + bad.joined())
        let found = try check(run)
        #expect(found.pageViews == 3 && found.problems == 6)
        #expect(
            found.namedProblems == [
                "line 6: path is longer than 2048 bytes", "line 7: the time is in the future",
                "line 8: the time is before 2000", "line 9: path contains U+0000", "line 10: 1 fields instead of 26",
                "line 11: a quote in a field without quotes",
            ]
        )
        #expect(try events(run).count == 3)
    }

    @Test func `a limited number of problems is named`() throws {
        let found = try check(run(folder, text + String(repeating: "x\n", count: 25)))
        #expect(found.problems == 25 && found.namedProblems.count == ImportLimits.namedProblemsMax)
    }

    @Test func `rows of two websites are refused`() throws {
        let other = ExportSamples.umami("e5").replacing("w1,", with: "w2,")
        #expect {
            _ = try check(run(folder, text + other))
        } throws: { error in
            (error as? ImportError)?.reason.contains("line 6 is of the website w2") == true
        }
    }

    @Test func `a compressed file is read as its text, and a cut one is refused`() throws {
        guard var encoder = GzipEncoder() else { throw ImportError("no encoder") }
        var bytes: [UInt8] = []
        encoder.append(Array(text.utf8), to: &bytes)
        encoder.finish(to: &bytes)
        let whole = try ImportRun(ExportSamples.file(folder, bytes), expected: .umami, site: "s", now: now)
        #expect(try check(whole).pageViews == 3)
        #expect(throws: ImportError.self) {
            _ = try ImportRun(ExportSamples.file(folder, bytes.dropLast(9)), expected: .umami, site: "s", now: now)
        }
    }

    @Test func `an empty file, a folder and another format are refused`() throws {
        #expect(throws: ImportError.self) { _ = try run(folder, "") }
        #expect(throws: ImportError.self) { _ = try ImportRun(folder.path, expected: nil, site: "s", now: now) }
        #expect {
            _ = try ImportRun(ExportSamples.file(folder, text.utf8), expected: .matomo, site: "s", now: now)
        } throws: { error in
            (error as? ImportError)?.reason.contains("is an export of Umami, not of Matomo") == true
        }
    }

    @Test func `it stops when it is asked to`() throws {
        let run = try run(folder, text)
        #expect(try run.check(secret: secret, mode: .full) { _ in false } == nil)
        #expect(try !run.events(secret: secret, mode: .full, recordsMax: 1) { _, _ in false })
    }
}
