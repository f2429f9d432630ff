import Storage
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups
@testable import Segments

/// The numbers that visitors are counted by.
@Suite struct VisitorNumberTests {
    @Test(arguments: Engine.allCases)
    func `visitors beyond the limit share the last number and have no row`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        var visitors = VisitorNumbers(try store.makeDatabase())
        let last = UInt32(VisitorBits.visitorsMax - 1)
        visitors.load(count: Int64(last) - 1)
        #expect(try visitors.numbers(of: [11, 12, 13]) == [11: last - 1, 12: last, 13: last])
        try visitors.write()
        visitors.keep()
        #expect(visitors.count == Int64(last))
        #expect(try database.rows("select hash, number from visitor_numbers") == [["11", "\(last - 1)"]])
        #expect(try visitors.numbers(of: [13, 11, 14]) == [11: last - 1, 13: last, 14: last])
        try visitors.write()
        #expect(try database.count("visitor_numbers") == 1)
    }

    @Test func `a number that was not written is free again`() throws {
        let database = try Database(.sqlite)
        let store = try database.migrated()
        var visitors = VisitorNumbers(try store.makeDatabase())
        let last = UInt32(VisitorBits.visitorsMax - 1)
        visitors.load(count: Int64(last) - 1)
        #expect(try visitors.numbers(of: [11, 12]) == [11: last - 1, 12: last])
        visitors.undo()
        #expect(try visitors.numbers(of: [12]) == [12: last - 1])
    }
}
