import Insight
import Testing

@testable import Web

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

    @Test(arguments: [("24h", 24, 3600), ("7d", 7, 86_400), ("30d", 30, 86_400)])
    func `a range by name has as many buckets as it says, the last of them under way`(
        name: String,
        count: Int64,
        seconds: Int64
    ) throws {
        let question = try Query("range=\(name)").question(now: Self.now)
        #expect(question.from % seconds == 0)
        #expect((question.to - question.from + seconds - 1) / seconds == count)
        #expect(question.to > Self.now && question.to <= Self.now + 10)
        #expect(question.previous.to - question.previous.from == question.to - question.from)
        #expect(question.from - question.previous.from == count * seconds)
    }

    @Test func `times are ISO 8601 or seconds`() throws {
        let question = try Query("from=2026-11-20&to=2026-11-22T12:00:00Z").question(now: Self.now)
        #expect(question.from == 1_795_132_800)
        #expect(question.to == 1_795_348_800)
        #expect(try Query("from=1795132800&to=1795348800").question(now: Self.now) == question)
        #expect(try Query("from=20261120&to=20261122T120000Z").question(now: Self.now) == question)
        #expect(try Query("from=2000-01-01&to=2000-02-01").question(now: Self.now).from == 946_684_800)
        let tomorrow = try Query("from=2026-11-27&to=\(Self.now + 2 * 86_400)").question(now: Self.now)
        #expect(tomorrow.to == Self.now + 2 * 86_400)
    }

    @Test(arguments: [
        "range=1y", "from=yesterday", "from=2026-11-22&to=2026-11-20", "from=2020-01-01&to=2026-01-01",
        "from=1999-12-31&to=2000-01-02", "from=0", "from=-1", "from=2026-11-01&to=2026-12-25",
        "to=9999-12-31T23:59:59Z",
        "from=0001-01-01", "to=253402300799", "to=9223372036854775807", "from=-9223372036854775808", "to=1e300",
        "from=99999999999999999999",
        "path=" + String(repeating: "x", count: 501),
        "path=a&browser=b&system=c&device=d&referrer=e&language=f&screen=g",
    ])
    func `what makes no sense is an error`(text: String) {
        #expect(throws: QueryFault.self) { try Query(text).question(now: Self.now) }
    }

    @Test func `dimensions and numbers are checked`() throws {
        #expect(try Query("d=path,lcp_element").dimensions("d") == [.path, .lcpElement])
        for text in ["d=", "d=paths", "d=path,,browser;drop"] {
            #expect(throws: QueryFault.self) { try Query(text).dimensions("d") }
        }
        #expect(try Query("n=7").number("n", 1...9) == 7)
        for text in ["n=0", "n=10", "n=x", "n=1e3", "n=+7", "n=-7", "n=7.0", "n=%207", "n=99999999999999999999"] {
            #expect(throws: QueryFault.self) { try Query(text).number("n", 1...9) }
        }
    }
}
