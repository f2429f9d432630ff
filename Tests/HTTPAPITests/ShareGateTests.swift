import HTTPWire
import Reports
import Testing
import TimeZones

@testable import HTTPAPI

/// What a guest of a limited share link may ask for.
@Suite struct ShareGateTests {
    /// 2026-11-27 10:31:45 UTC.
    private static let now: Int64 = 1_795_775_505
    private static let day: Int64 = 86_400
    private static let declared = Parameter.series + [.compare]

    private func decide(
        _ text: String,
        _ limits: ShareLimits,
        _ rule: ShareRule = .report(.overview),
        declared: [Parameter] = Self.declared
    ) throws -> ShareGate.Decision {
        try ShareGate(now: Self.now).decide(rule, Parameters(Query(text), declared), limits)
    }

    /// The query that the handler gets.
    private func query(
        _ text: String,
        _ limits: ShareLimits,
        _ rule: ShareRule = .report(.overview)
    ) throws -> ReportQuery {
        guard case .allowed(let parameters) = try decide(text, limits, rule) else { throw GateTestError.refused }
        return try parameters.report(now: Self.now)
    }

    private func code(_ text: String, _ limits: ShareLimits, _ rule: ShareRule = .report(.overview)) throws -> String? {
        guard case .refused(let refusal) = try decide(text, limits, rule) else { return nil }
        return refusal.code.rawValue
    }

    // MARK: - Site

    @Test func `another site is refused, and an absent one is the allowed one`() throws {
        let limits = ShareLimits(site: "a.example")
        #expect(try code("site=b.example", limits) == "share_site")
        #expect(try code("site=A.example", limits) == "share_site")
        #expect(try query("", limits).site == "a.example")
        #expect(try query("site=", limits).site == "a.example")
        #expect(try query("site=a.example", limits).site == "a.example")
        #expect(try query("site=b.example", ShareLimits(views: [.overview])).site == "b.example")
        guard case .refused(let refusal) = try decide("site=b.example", limits) else { throw GateTestError.allowed }
        #expect(refusal.message == "This share link shows the site a.example only")
    }

    // MARK: - Views

    @Test func `a report is allowed if one of its views is`() throws {
        let limits = ShareLimits(views: [.performance, .issues])
        #expect(try code("", limits, .report(.overview)) == "share_view")
        #expect(try code("", limits, .report(.overview, .performance)) == nil)
        #expect(try code("", limits, .report()) == nil, "every view needs it")
        #expect(try code("", ShareLimits(views: []), .report(.overview)) == "share_view")
        guard case .refused(let refusal) = try decide("", limits) else { throw GateTestError.allowed }
        #expect(refusal.message == "This share link shows the views Performance and Issues only")
    }

    // MARK: - Range

    @Test(arguments: ["realtime", "today", "yesterday", "24h", "7d"])
    func `named ranges within the last days are the same as without a limit`(name: String) throws {
        for zone in ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"] {
            let text = "range=\(name)&zone=\(zone)&compare=none"
            let limited = try query(text, ShareLimits(period: .days(7)))
            #expect(try limited.range == query(text, ShareLimits()).range, "\(zone)")
        }
    }

    @Test func `a range that begins before the last days is refused`() throws {
        let limits = ShareLimits(period: .days(7))
        for text in ["range=30d", "range=12mo", "from=2026-11-20T10:31:44", "from=2026-11-01&to=2026-11-02"] {
            #expect(try code(text, limits) == "share_range", "\(text)")
        }
        #expect(try code("from=2026-11-20T10:31:45", limits) == nil)
        #expect(try code("range=yesterday", ShareLimits(period: .days(1))) == "share_range")
        #expect(try code("range=30d", ShareLimits(period: .days(30))) == nil)
        guard case .refused(let refusal) = try decide("range=30d", limits) else { throw GateTestError.allowed }
        #expect(refusal.message == "This share link shows the last 7 days only")
    }

    @Test func `seven days of a zone with a change of the clock are seven days`() throws {
        // 2026-11-01 has 25 hours in New York.
        let night: Int64 = 1_793_854_740
        let parameters = try Parameters(Query("range=7d&zone=America/New_York"), Self.declared)
        let gate = ShareGate(now: night)
        guard case .allowed = try gate.decide(.report(), parameters, ShareLimits(period: .days(7))) else {
            throw GateTestError.refused
        }
        #expect(Bool(true))
    }

    @Test func `bounds of a fixed range are held to the second`() throws {
        let (from, to) = (Self.now - 10 * Self.day, Self.now - 5 * Self.day)
        let limits = ShareLimits(period: .fixed(from: from, to: to))
        #expect(try code("from=\(from)&to=\(to)", limits) == nil)
        #expect(try code("from=\(from - 1)&to=\(to)", limits) == "share_range")
        #expect(try code("from=\(from)&to=\(to + 1)", limits) == "share_range")
        #expect(try code("range=24h", limits) == "share_range")
        #expect(try query("from=\(from + 60)", limits).range.to == to)
        #expect(try query("to=\(to - 60)", limits).range.from == from)
        guard case .refused(let refusal) = try decide("range=7d", limits) else { throw GateTestError.allowed }
        #expect(
            refusal.message
                == "This share link shows the time from 2026-11-17 10:31 UTC to 2026-11-22 10:31 UTC only"
        )
    }

    @Test func `all time and an absent range are the allowed range`() throws {
        let (from, to) = (Self.now - 10 * Self.day, Self.now - 5 * Self.day)
        let limits = ShareLimits(period: .fixed(from: from, to: to))
        for text in ["range=all", ""] {
            let range = try query(text, limits).range
            #expect((range.from, range.to) == (from, to), "\(text)")
        }
        let days = ShareLimits(period: .days(30))
        #expect(try query("range=all", days).range.from == Self.now - 30 * Self.day)
        // Twenty-four hours are within it.
        #expect(try query("", days).range == query("", ShareLimits()).range)
        #expect(try query("", days, .allTime(.raw)).range.from == Self.now - 30 * Self.day)
    }

    @Test func `the first day of all time does not begin before the range`() throws {
        let range = try query("range=all&zone=Europe/Berlin", ShareLimits(period: .days(3))).range
        #expect(range.from == Self.now - 3 * Self.day)
        let search = try decide("", ShareLimits(period: .days(3)), .allTime(.raw), declared: Parameter.search)
        guard case .allowed(let parameters) = search else { throw GateTestError.refused }
        #expect(try parameters.search(now: Self.now).from == Self.now - 3 * Self.day)
    }

    @Test func `a range that has not begun and an empty one show nothing`() throws {
        for period: ShareLimits.Period in [
            .fixed(from: Self.now + 100, to: nil), .fixed(from: 9, to: 5), .fixed(from: nil, to: 5),
        ] {
            for text in ["range=all", "", "range=24h", "from=2026-11-01"] {
                #expect(try code(text, ShareLimits(period: period)) == "share_range", "\(period) \(text)")
            }
        }
    }

    @Test func `a previous period that begins before the range is not compared with`() throws {
        #expect(try !query("range=7d", ShareLimits(period: .days(7))).isComparing)
        #expect(try !query("range=7d&compare=previous", ShareLimits(period: .days(13))).isComparing)
        #expect(try query("range=7d", ShareLimits(period: .days(15))).isComparing)
        #expect(try !query("range=all", ShareLimits(period: .days(30))).isComparing)
        #expect(try query("range=7d", ShareLimits(site: "a")).isComparing)
    }

    @Test func `an invalid parameter is an error as for everybody`() {
        for text in ["from=nonsense", "range=24h&from=2026-11-26", "from=2026-11-27&to=2026-11-26&zone=x"] {
            #expect(throws: QueryError.self, "\(text)") { try decide(text, ShareLimits(period: .days(30))) }
        }
    }

    // MARK: - Rules

    @Test func `the present is for links whose range includes it`() throws {
        let rule = ShareRule.present(.raw)
        #expect(try code("", ShareLimits(period: .days(1)), rule) == nil)
        #expect(try code("", ShareLimits(period: .fixed(from: 0, to: Self.now)), rule) == "share_range")
        #expect(try code("", ShareLimits(period: .fixed(from: Self.now - 60, to: nil)), rule) == "share_range")
    }

    @Test func `what belongs to no site and time is for links without both`() throws {
        let rule = ShareRule.unlimited(.raw)
        #expect(try code("", ShareLimits(site: "a"), rule) == "share_site")
        #expect(try code("", ShareLimits(period: .days(1)), rule) == "share_range")
        #expect(try code("", ShareLimits(views: [.raw]), rule) == nil)
    }

    // MARK: - The table of routes

    /// Operations of guests whose response every view needs.
    private static let ofAllViews: Set = [
        "/api/segments", "/api/settings", "/api/annotations", "/api/status", "/api/sites", "/api/live",
    ]
    /// Operations whose handler limits the response by `Parameters.scope`; test_share_limits.py reads them as a guest.
    private static let byScope: Set = [
        "/api/segments", "/api/settings", "/api/sites", "/api/visitors/{visitor}/timeline", "/api/stream",
    ]
    /// Operations whose response has no data of sites.
    private static let ofServer: Set = ["/api/status"]

    private static let guests = RouteTable.all.routes.flatMap { route in
        route.operations.compactMap { operation in
            operation.access.shareRule.map { (path: route.path.text, rule: $0, parameters: operation.parameters) }
        }
    }

    /// The code of the refusal of a request with some of the parameters that its operation declares.
    private func refusal(
        _ one: (path: String, rule: ShareRule, parameters: [Parameter]?),
        _ values: [String: String],
        _ limits: ShareLimits
    ) throws -> String? {
        let declared = try #require(one.parameters, "\(one.path) checks its parameters")
        var parameters = Parameters()
        for (name, value) in values where declared.contains(where: { $0.name == name }) { parameters.set(name, value) }
        guard case .refused(let refusal) = try ShareGate(now: Self.now).decide(one.rule, parameters, limits) else {
            return nil
        }
        return refusal.code.rawValue
    }

    @Test func `every route of guests refuses links without its views`() throws {
        #expect(Self.guests.count >= 29)
        for one in Self.guests {
            #expect(one.rule.views.isEmpty == Self.ofAllViews.contains(one.path), "\(one.path)")
            for view in OwnerView.allCases {
                let isAllowed = one.rule.views.isEmpty || one.rule.views.contains(view)
                #expect(
                    try refusal(one, [:], ShareLimits(views: [view])) == (isAllowed ? nil : "share_view"),
                    "\(one.path) \(view)"
                )
            }
        }
    }

    @Test func `every view has a route of its own`() {
        for view in OwnerView.allCases { #expect(Self.guests.contains { $0.rule.views == [view] }, "\(view)") }
    }

    @Test func `every route of guests refuses another site, or its handler limits the response`() throws {
        for one in Self.guests where !Self.byScope.contains(one.path) && !Self.ofServer.contains(one.path) {
            let limits = ShareLimits(site: "a.example")
            #expect(try refusal(one, ["site": "b.example"], limits) == "share_site", "\(one.path)")
            guard one.rule.reach != .unlimited else { continue }
            #expect(one.parameters?.contains { $0.name == "site" } == true, "\(one.path)")
            #expect(try refusal(one, ["site": "a.example"], limits) == nil, "\(one.path)")
        }
    }

    @Test func `every route of guests refuses another time, or its handler limits the response`() throws {
        let timeless = Self.byScope.union(Self.ofServer).subtracting(["/api/stream"])
        let past = ShareLimits(period: .fixed(from: Self.now - 9 * Self.day, to: Self.now - 8 * Self.day))
        for one in Self.guests where !timeless.contains(one.path) && one.rule.reach != .definitions {
            #expect(try refusal(one, ["range": "24h"], past) == "share_range", "\(one.path)")
            guard one.rule.reach == .report || one.rule.reach == .allTime else { continue }
            let names = Set((one.parameters ?? []).map(\.name))
            #expect(names.isSuperset(of: Parameter.range.map(\.name)), "\(one.path)")
            #expect(try refusal(one, [:], past) == nil, "\(one.path)")
        }
        #expect(Self.guests.filter { $0.rule.reach == .definitions }.map(\.path) == ["/api/goals", "/api/funnels"])
    }

    @Test func `every route of guests reads only, and rules are for guests alone`() {
        for route in RouteTable.all.routes {
            for operation in route.operations where operation.access.shareRule != nil {
                #expect(operation.method == .get, "\(route.path.text)")
            }
        }
        #expect(Set(Self.guests.filter { $0.rule.reach == .scope }.map(\.path)).isSubset(of: Self.byScope))
        #expect(Set(Self.guests.filter { $0.rule.reach == .server }.map(\.path)) == Self.ofServer)
    }
}

private enum GateTestError: Error {
    case allowed, refused
}
