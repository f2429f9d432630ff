import HTTPWire
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups
@testable import HTTPAPI
import TimeZones

@Suite struct QueryTests {
    private static let now: Int64 = 1_795_775_505

    @Test func `values are decoded, the first of a name counts, and an empty one is none`() {
        let query = Query("path=%2Fa%20b+c%C3%A9&path=x&empty=&odd=%zz%4&flag")
        #expect(query["path"] == "/a b cé")
        #expect(query["empty"] == nil)
        #expect(query["odd"] == "%zz%4")
        #expect(query["flag"] == nil)
        #expect(query.names == ["path", "path", "empty", "odd", "flag"])
        #expect(Query(nil).names.isEmpty)
    }

    private func report(_ text: String, now: Int64 = Self.now) throws -> ReportQuery {
        try Parameters(Query(text), Parameter.series + [.compare]).report(now: now)
    }

    @Test(arguments: [("24h", 24, 3600), ("7d", 7, 86_400), ("30d", 30, 86_400), ("90d", 90, 86_400)])
    func `a range by name has as many buckets as it says, the last of them under way`(
        name: String,
        count: Int64,
        seconds: Int64
    ) throws {
        let range = try report("range=\(name)").range
        #expect(range.from % seconds == 0)
        #expect((range.to - range.from + seconds - 1) / seconds == count)
        #expect(range.to > Self.now && range.to <= Self.now + 10)
        #expect(range.previousTo - range.previousFrom == range.to - range.from)
        #expect(range.from - range.previousFrom == count * seconds)
    }

    @Test func `today and yesterday are days of the zone by the hour`() throws {
        // 2026-11-27, 10:31:45 UTC.
        let today = try report("range=today&zone=Asia/Kathmandu").range
        #expect(today.from == 1_795_716_900)
        #expect(today.interval == .hour)
        #expect(today.previousTo == today.to - 86_400)
        let yesterday = try report("range=yesterday&zone=America/St_Johns").range
        #expect(yesterday.from == 1_795_663_800)
        #expect(yesterday.to == 1_795_750_200)
        #expect(yesterday.previousTo == yesterday.from)
    }

    @Test func `dates are days of the zone, and the last one is part of the range`() throws {
        let days = try report("from=2026-10-24&to=2026-10-25&zone=Europe/Berlin").range
        #expect(days.from == 1_792_792_800)
        #expect(days.to - days.from == 49 * 3600)
        let one = try report("from=2026-11-24&to=2026-11-24").range
        #expect(one.from == 1_795_478_400)
        #expect(one.to == one.from + 86_400)
        #expect(one.previousFrom == one.from - 86_400)
        #expect(try report("from=20261124&to=20261124").range == one)
    }

    @Test func `times are local unless they have an offset, or seconds`() throws {
        let range = try report("from=2026-11-20&to=2026-11-22T12:00:00Z").range
        #expect(range.from == 1_795_132_800)
        #expect(range.to == 1_795_348_800)
        #expect(try report("from=1795132800&to=1795348800").range == range)
        #expect(try report("from=20261120&to=20261122T120000Z").range == range)
        let local = try report("from=2026-11-20T01:00&to=2026-11-22T13:00:00&zone=Europe/Berlin").range
        #expect((local.from, local.to) == (range.from, range.to))
        #expect(try report("from=2000-01-01&to=2000-02-01").range.from == 946_684_800)
        let tomorrow = try report("from=2026-11-27&to=\(Self.now + 2 * 86_400)").range
        #expect(tomorrow.to == Self.now + 2 * 86_400)
    }

    @Test func `days up to now are compared with the same hours of the days before`() throws {
        let range = try report("from=2026-11-25").range
        #expect(range.from - range.previousFrom == 3 * 86_400)
        #expect(range.previousTo == range.to - 3 * 86_400)
    }

    @Test func `traffic, comparison and filters are read`() throws {
        #expect(try report("").includesBots == false)
        #expect(try report("bots=include").includesBots)
        #expect(try report("compare=none").isComparing == false)
        let filters = try report("browser=Chrome&filters=%5B%5B%22is_not%22,%22path%22,%5B%22/%22%5D%5D%5D").filters
        #expect(filters.map(\.operator) == [.isNot, .is])
    }

    @Test(arguments: [
        "range=1y", "from=yesterday", "from=2026-11-22&to=2026-11-20", "from=2000-01-01&to=2030-01-01",
        "from=1999-12-31&to=2000-01-02", "from=0", "from=-1", "from=2026-11-01&to=2026-12-25",
        "to=9999-12-31T23:59:59Z",
        "from=0001-01-01", "to=253402300799", "to=9223372036854775807", "from=-9223372036854775808", "to=1e300",
        "from=99999999999999999999", "range=7d&from=2026-11-20", "from=2026-13-01", "from=2026-11-20T25:00",
        "path=" + String(repeating: "x", count: 501),
        "zone=Mars/Olympus", "zone=../etc/passwd", "zone=%00", "interval=second", "interval=minute&range=30d",
        "bots=yes", "robots=1", "compare=year", "filters=x", "filters=%5B1%5D",
    ])
    func `invalid parameters are errors`(text: String) {
        #expect(throws: QueryError.self) { try report(text) }
    }

    @Test func `the zone of a search is checked, whatever its range is`() throws {
        func search(_ text: String) throws -> EventQueries.Search {
            try Parameters(Query(text), Parameter.search).search(now: Self.now)
        }
        #expect(try search("zone=Asia/Calcutta").from == nil)
        for text in ["zone=Mars/Olympus", "zone=Mars/Olympus&range=7d"] {
            #expect(throws: QueryError.self) { try search(text) }
        }
    }

    @Test func `an empty value of a member is searched, and other empty parameters are missing`() throws {
        func search(_ text: String) throws -> EventQueries.Search {
            try Parameters(Query(text), Parameter.search).search(now: Self.now)
        }
        #expect(try search("key=plan&value=").value == "")
        #expect(try search("key=plan&value=pro").value == "pro")
        #expect(try search("key=plan").value == nil)
        #expect(try search("key=&visitor=").key == nil)
    }

    @Test func `reports without a series refuse an interval`() {
        let series: Set = ["/api/overview", "/api/performance", "/api/issues", "/api/issues/{id}", "/api/conversions"]
        for route in RouteTable.all.routes {
            let names = route.operations.first { $0.method == .get }?.parameters?.map(\.name) ?? []
            #expect(names.contains("interval") == series.contains(route.path.text), "\(route.path.text)")
        }
    }

    @Test func `dimensions and numbers are checked`() throws {
        #expect(
            try Parameters(Query("dimensions=path,lcp_element"), [.dimensions]).words("dimensions") == [
                "path", "lcp_element",
            ]
        )
        for text in ["", "dimensions=", "dimensions=paths", "dimensions=path,path", "dimensions=path,,browser;drop"] {
            #expect(throws: QueryError.self) { try Parameters(Query(text), [.dimensions]) }
        }
        let number = Parameter("n", .integer(1...9))
        #expect(try Parameters(Query("n=7"), [number]).integer("n") == 7)
        for text in ["n=0", "n=10", "n=x", "n=1e3", "n=+7", "n=-7", "n=7.0", "n=%207", "n=99999999999999999999"] {
            #expect(throws: QueryError.self) { try Parameters(Query(text), [number]) }
        }
    }

    @Test(arguments: [
        ("interval=second", "interval must be minute, hour, day, week or month"),
        ("bots=maybe", "bots must be include or exclude"), ("nonsense=1", "Unknown parameter: nonsense"),
    ])
    func `errors name the parameter and its permitted values`(text: String, message: String) {
        let problem = #expect(throws: QueryError.self) { try Parameters(Query(text), Parameter.series) }
        #expect(problem?.message == message)
    }
}
