import Testing

@testable import Reports
@testable import TimeZones

@Suite struct MilestoneTests {
    @Test func `steps are pages, events, events with a property, and goals`() throws {
        let json = #"[["page","/a*"],["event","signup"],["event","buy","plan","pro"],["goal","x"]]"#
        let steps = try Milestone.steps(json)
        #expect(steps.count == 4)
        #expect(steps[0] == .page("/a*"))
        #expect(steps[3] == .goal("x"))
        #expect(steps[2] == (try Milestone("event", "buy", property: "plan", value: "pro")))
    }

    @Test(arguments: [
        "", "{}", "[]", "x", #"[["page","/a"]]"#, #"[["page","/a"],["page"]]"#, #"[["page","/a"],["page",5]]"#,
        #"[["page","/a"],["event","a","b"]]"#, #"[["page","/a"],["page","a"]]"#,
        #"[["page","/a"],["event","pageview"]]"#,
        #"[["page","/a"],["page","/*/*/*/*/*/*/*/*/*"]]"#, #"[["page","/a"],["event",""]]"#,
        "[" + Array(repeating: #"["page","/a"]"#, count: 9).joined(separator: ",") + "]",
    ])
    func `other steps are refused with a sentence`(json: String) {
        #expect(throws: ReportError.self) { try Milestone.steps(json) }
    }

    @Test func `a goal has the limits that are named`() {
        #expect(throws: ReportError.self) { try Milestone("page", "/" + String(repeating: "x", count: 200)) }
        #expect(throws: ReportError.self) { try Milestone("page", "/a", property: "x", value: "y") }
        #expect(throws: ReportError.self) { try Milestone("event", "a", property: "x") }
        #expect(throws: ReportError.self) { try Milestone("event", "a", value: "x") }
        #expect(throws: ReportError.self) { try Milestone("view", "a") }
    }
}

@Suite struct RetentionPeriodTests {
    private static func zone(_ name: String) throws -> Zone { try #require(ZoneCache.system.zone(name)) }

    @Test func `weeks begin at midnight of their first day, across changes of the clocks`() throws {
        let zone = try Self.zone("Europe/Berlin")
        // From Wednesday, 2026-10-21: clocks go back on Sunday, 2026-10-25.
        let (from, to): (Int64, Int64) = (1_792_533_600, 1_793_743_200)
        let monday = RetentionReport.starts(zone, from: from, to: to, .week, .monday)
        #expect(monday == [1_792_360_800, 1_792_969_200, 1_793_574_000])
        #expect(monday[1] - monday[0] == 7 * 86_400 + 3600)
        let sunday = RetentionReport.starts(zone, from: from, to: to, .week, .sunday)
        #expect(sunday == [1_792_274_400, 1_792_879_200, 1_793_487_600])
        #expect(monday == zone.bucketStarts(from: from, to: to, .week))
    }

    @Test func `a range that begins with a week has no week before it`() throws {
        let zone = try Self.zone("America/St_Johns")
        let start = try #require(zone.bucketStarts(from: 1_792_533_600, to: 1_792_533_601, .week).first)
        #expect(RetentionReport.starts(zone, from: start, to: start + 1, .week, .monday) == [start])
        #expect(RetentionReport.starts(zone, from: start - 1, to: start + 1, .week, .monday).last == start)
    }
}
