import Testing

@testable import Events

@Suite struct DeliveryReportParsingTests {
    private func parse(_ text: String) throws(ValidationError) -> DeliveryReport {
        let bytes = Array(text.utf8)
        return try DeliveryReport(parsing: bytes, body: 0..<bytes.count, receivedAt: 7)
    }

    private let ids = #""visitor_id":"v_1","session_id":"s_1","pageview_id":"p_1""#

    @Test func `an entry says what was emitted and what was dropped for which reasons`() throws {
        let report = try parse(
            #"{\#(ids),"site":"shop.example","emitted":12,"dropped":{"queue_full":1,"too_large":2},"x":1}"#
        )
        #expect(report.text(report.visitorID) == "v_1" && report.text(report.pageviewID) == "p_1")
        #expect(report.text(report.site) == "shop.example")
        #expect(report.emitted == 12 && report.dropped == 3)
        #expect(report.text(report.dropReasons) == #"{"queue_full":1,"too_large":2}"#)
        #expect(report.receivedAt == 7)
    }

    @Test(arguments: ["", #","dropped":{}"#, #","dropped":null,"site":null"#, #","site":"""#])
    func `a report without drops and site has none`(more: String) throws {
        let report = try parse(#"{\#(ids),"emitted":0\#(more)}"#)
        #expect(report.emitted == 0 && report.dropped == 0 && report.site == nil)
        #expect(report.text(report.dropReasons) == "{}")
    }

    @Test func `missing fields are named in order`() {
        #expect(throws: ValidationError.missing(["visitor_id", "session_id", "pageview_id", "emitted"])) {
            try parse("{}")
        }
        #expect(throws: ValidationError.invalidJSON) { try parse("[]") }
        #expect(throws: ValidationError.missing(["emitted"])) { try parse(#"{\#(ids)}"#) }
    }

    @Test(arguments: ["-1", "1.0", "\"1\"", "true", "2147483648", "[]"])
    func `a count that is none is refused`(count: String) {
        #expect(throws: ValidationError.invalid(field: "emitted", problem: .notCount)) {
            try parse(#"{\#(ids),"emitted":\#(count)}"#)
        }
        #expect(throws: ValidationError.invalid(field: "dropped", problem: .notReasons)) {
            try parse(#"{\#(ids),"emitted":1,"dropped":{"a":\#(count)}}"#)
        }
    }

    @Test(arguments: [
        "1", "[]", #"{"A":1}"#, #"{"":1}"#, #"{"a b":1}"#, #"{"a":2147483647,"b":1}"#,
        "{" + (0...20).map { "\"r\(String(repeating: "x", count: $0))\":1" }.joined(separator: ",") + "}",
        #"{"\#(String(repeating: "a", count: 65))":1}"#,
    ])
    func `reasons that are none, too long or too many are refused`(dropped: String) {
        #expect(throws: ValidationError.invalid(field: "dropped", problem: .notReasons)) {
            try parse(#"{\#(ids),"emitted":1,"dropped":\#(dropped)}"#)
        }
    }

    @Test func `an entry that is padded out is refused`() throws {
        let dropped = { (spaces: Int) in
            #"{\#(ids),"emitted":1,"dropped":{"a":1\#(String(repeating: " ", count: spaces))}}"#
        }
        let room = Limits.pageviewBytesMax - dropped(0).utf8.count
        #expect(try parse(dropped(room)).dropped == 1)
        #expect(throws: ValidationError.invalid(field: "ledger", problem: .tooLong(bytesMax: 16_384))) {
            try parse(dropped(room + 1))
        }
    }
}
