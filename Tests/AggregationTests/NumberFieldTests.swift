import Numbers
import Segments
import Storage
import Events
import Testing

@testable import Aggregation

extension SessionBench {
    /// How many values of each field were out of range.
    fileprivate var invalid: [String: UInt32] {
        get throws {
            let rows = try row().events.filter { $0.kind == .invalid }
            return Dictionary(rows.map { (text(.issue, $0.issue), $0.count) }, uniquingKeysWith: +)
        }
    }
}

@Suite struct NumberFieldTests {
    @Test(arguments: NumberField.allCases)
    func `a value is valid within the range of its field, ends included`(field: NumberField) {
        func checked(_ number: String) -> CheckedNumber { LazyJSON("{\"n\":\(number)}")["n"].checked(field) }
        let range = field.range
        #expect(checked("\(range.lowerBound)") == .valid(range.lowerBound))
        #expect(checked("\(range.upperBound)") == .valid(range.upperBound))
        for number in [
            "\(range.upperBound.nextUp)", "\(range.lowerBound - 1)", "1e15", "999999999999999", "1e999", "-1e9999",
        ] {
            #expect(checked(number) == .outOfRange, "\(number)")
        }
        for none in ["null", "\"5\"", "true", "[5]", "{}"] { #expect(checked(none) == .missing) }
    }

    @Test func `a value out of range counts in no figure and as an invalid value`() throws {
        let payloads = [
            ("engagement", #"{"engagedMs":4000}"#), ("engagement", #"{"engagedMs":1e14}"#),
            ("engagement", #"{"engagedMs":-5}"#), ("error", #"{"count":1000000}"#), ("error", #"{"count":3}"#),
            ("webvitals", #"{"LCP":999999999999999,"INP":80,"CLS":1e300,"FCP":-1,"TTFB":700000}"#),
            (
                "resources",
                #"{"slowest":[{"name":"https://a.test/x","duration":5,"transferSize":999999999999999}],"thirdParties":[{"host":"b.test","duration":1e14,"bytes":7}]}"#
            ),
        ]
        let bench = try SessionBench(
            payloads.enumerated().map { number, one in
                TestEvent(Int64(number + 1), one.0, one.1).with { $0.pageView = "p_\(number)" }
            }
        )
        let row = try bench.row()
        #expect(row.pageViews.compactMap(\.engagement) == [4000])
        #expect(row.events.filter { $0.kind == .error }.map(\.count) == [1, 3])
        #expect(row.pageViews.flatMap(\.vitals).compactMap { $0 } == [80])
        #expect(row.resources.map { bench.text(.resource, $0.name) } == ["https://a.test/x"])
        #expect(row.resources.map(\.bytes) == [0])
        #expect(row.resources.map(\.duration) == [5])
        #expect(
            try bench.invalid == [
                "engagedMs": 2, "count": 1, "LCP": 1, "CLS": 1, "FCP": 1, "TTFB": 1, "resource.bytes": 1,
                "resource.duration": 1,
            ]
        )
    }

    @Test func `a correction by a value out of range leaves the valid one`() throws {
        let row = try SessionBench([
            TestEvent(1, "engagement", #"{"engagedMs":4000}"#),
            TestEvent(2, "engagement", #"{"engagedMs":999999999999999}"#),
        ]).row()
        #expect(row.pageViews.map(\.engagement) == [4000])
    }

    @Test func `sums saturate`() {
        #expect(Int64(saturating: .infinity) == .max)
        #expect(Int64(saturating: -.infinity) == .min)
        #expect(Int64(saturating: .nan) == 0)
        #expect(Int64(saturating: 0x1p63) == .max)
        #expect(Int64(saturating: -2.9) == -2)
        #expect(Int64.max.adding(saturating: .max) == .sumMax)
        #expect(Int64.min.adding(saturating: .min) == -.sumMax)
    }

    @Test(arguments: [Int64.min, .min + 1, -1, 0, .max])
    func `a moment that no store can write is moved to the years that it can`(microseconds: Int64) throws {
        var event = TestEvent(1, "pageview")
        event.microseconds = microseconds
        let stored = event.stored()
        #expect(ISO8601.storableMicroseconds.contains(stored.receivedAt))
        var bench = try SessionBench()
        bench.add(stored)
        let times = try bench.row().pageViews.map(\.time)
        #expect(times.allSatisfy { (0...Int64(UInt32.max)).contains($0) })
    }

    @Test func `a secret is 64 hexadecimal digits`() {
        for secret in [
            "", "5a", String(repeating: "x", count: 64), String(repeating: "5", count: 65),
            "+a" + String(repeating: "5", count: 62),
        ] {
            #expect(KeyedHashes(secret: secret) == nil)
        }
    }
}
