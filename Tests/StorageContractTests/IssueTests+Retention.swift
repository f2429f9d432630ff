import Events
import Segments
import Storage
import TestSupport
import Testing

@testable import Aggregation
@testable import Reports
@testable import Rollups

/// What is known about issues when retention has removed some of their errors.
extension IssueTests {
    /// Removes the events of sessions that ended before a time in seconds since 1970.
    func removeEvents(_ store: any Store, before time: Int64) throws {
        let retention = try Retention(store.makeDatabase())
        while try !retention.removeEvents(before: time, now: time + 30 * 86_400).isLast {}
    }

    @Test(.onOneServer("ids of a batch follow the shards"), arguments: Engine.allCases)
    func `the origin of the latest error stays when its session is removed before one with an earlier error`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(
            visit("v_1", ["a"], at: 0, line: 2) + visit("v_2", ["a"], at: 10, line: 1) + visit("v_1", [], at: 9000)
        )
        try store.catchUp()
        try removeEvents(store, before: Self.start + 3600)
        try #require(try database.count("collector_events") == 3)
        func culprits(_ store: any Store) throws -> [Int64] {
            try reports(store).issues(Self.query()).rows.map(\.text.culprit.line)
        }
        #expect(try culprits(store) == [1])
        #expect(try store.differences() == [])
        let before = try database.rows("select * from insight_issues order by issue")
        try Rollups(store.makeDatabase()).clear()
        try store.catchUp()
        #expect(try database.rows("select * from insight_issues order by issue") == before)
        #expect(try culprits(store) == [1])
        #expect(try store.differences() == [])
        try store.append(visit("v_3", ["a"], at: 9100, line: 3))
        try store.catchUp()
        #expect(try culprits(store) == [3])
    }
}
