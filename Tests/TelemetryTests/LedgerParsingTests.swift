import Testing

@testable import Telemetry

@Suite struct LedgerParsingTests {
    private func parse(_ text: String) throws(Rejection) -> Ledger {
        let bytes = Array(text.utf8)
        return try Ledger(parsing: bytes, body: 0..<bytes.count, receivedAt: 7)
    }

    private let ids = #""visitor_id":"v_1","session_id":"s_1","pageview_id":"p_1""#

    @Test func `an entry says what was emitted and what was dropped for which reasons`() throws {
        let ledger = try parse(
            #"{\#(ids),"site":"shop.example","emitted":12,"dropped":{"queue_full":1,"too_large":2},"x":1}"#
        )
        #expect(ledger.text(ledger.visitorID) == "v_1" && ledger.text(ledger.pageviewID) == "p_1")
        #expect(ledger.text(ledger.site) == "shop.example")
        #expect(ledger.emitted == 12 && ledger.dropped == 3)
        #expect(ledger.text(ledger.dropReasons) == #"{"queue_full":1,"too_large":2}"#)
        #expect(ledger.receivedAt == 7)
    }

    @Test(arguments: ["", #","dropped":{}"#, #","dropped":null,"site":null"#, #","site":"""#])
    func `what is not said is nothing dropped and no site`(more: String) throws {
        let ledger = try parse(#"{\#(ids),"emitted":0\#(more)}"#)
        #expect(ledger.emitted == 0 && ledger.dropped == 0 && ledger.site == nil)
        #expect(ledger.text(ledger.dropReasons) == "{}")
    }

    @Test func `what is missing is named in order`() {
        #expect(throws: Rejection.missing(["visitor_id", "session_id", "pageview_id", "emitted"])) { try parse("{}") }
        #expect(throws: Rejection.invalidJSON) { try parse("[]") }
        #expect(throws: Rejection.missing(["emitted"])) { try parse(#"{\#(ids)}"#) }
    }

    @Test(arguments: ["-1", "1.0", "\"1\"", "true", "2147483648", "[]"])
    func `a count that is none is refused`(count: String) {
        #expect(throws: Rejection.invalid(field: "emitted", fault: .notCount)) {
            try parse(#"{\#(ids),"emitted":\#(count)}"#)
        }
        #expect(throws: Rejection.invalid(field: "dropped", fault: .notReasons)) {
            try parse(#"{\#(ids),"emitted":1,"dropped":{"a":\#(count)}}"#)
        }
    }

    @Test(arguments: [
        "1", "[]", #"{"A":1}"#, #"{"":1}"#, #"{"a b":1}"#, #"{"a":2147483647,"b":1}"#,
        "{" + (0...20).map { "\"r\(String(repeating: "x", count: $0))\":1" }.joined(separator: ",") + "}",
        #"{"\#(String(repeating: "a", count: 65))":1}"#,
    ])
    func `reasons that are none, too long or too many are refused`(dropped: String) {
        #expect(throws: Rejection.invalid(field: "dropped", fault: .notReasons)) {
            try parse(#"{\#(ids),"emitted":1,"dropped":\#(dropped)}"#)
        }
    }
}

@Suite struct EventBatchTests {
    private func parse(_ text: String) throws(Rejection) -> EventBatch {
        let bytes = Array(text.utf8)
        return try EventBatch(parsing: bytes, body: 0..<bytes.count)
    }

    @Test func `what stands around the events is found in any order`() throws {
        let events = #""events":[{"a":1},2]"#
        let ledger = #""ledger":[{},{}]"#
        let sent = #""sent_at":"2026-11-23T17:59:44.049Z""#
        for parts in [[events, ledger, sent], [sent, ledger, events], [ledger, #""v":1"#, events, sent]] {
            let text = "{\(parts.joined(separator: ","))}"
            let batch = try parse(text)
            #expect(batch.events.count == 2 && batch.ledgers.count == 2)
            #expect(batch.sentAt == 1_795_456_784_049_000)
            #expect(Array(text.utf8)[batch.events[0]].elementsEqual(#"{"a":1}"#.utf8))
        }
        let bare = try parse(#"{"events":[],"ledger":null,"sent_at":null}"#)
        #expect(bare.events.isEmpty && bare.ledgers.isEmpty && bare.sentAt == nil)
    }

    @Test func `what stands around the events and is wrong is named`() {
        #expect(throws: Rejection.invalid(field: "sent_at", fault: .notTimestamp)) {
            try parse(#"{"events":[],"sent_at":1}"#)
        }
        #expect(throws: Rejection.invalid(field: "ledger", fault: .notList)) {
            try parse(#"{"events":[],"ledger":{}}"#)
        }
        let many = Array(repeating: "{}", count: 101).joined(separator: ",")
        #expect(throws: Rejection.invalid(field: "ledger", fault: .tooMany(max: 100))) {
            try parse(#"{"events":[],"ledger":[\#(many)]}"#)
        }
    }

    @Test func `an event nested too deep spoils neither the others nor the ledger before it`() throws {
        let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        let batch = try parse(
            #"{"v":1,"sent_at":"2026-11-23T17:59:44.049Z","ledger":[{}],"events":[{"a":1},{"payload":\#(deep)},{"b":2}]}"#
        )
        #expect(batch.events.count == 3 && batch.ledgers.count == 1 && batch.sentAt != nil)
    }
}

@Suite struct ClockCorrectionTests {
    private let minute: Int64 = 60_000_000

    private func corrected(_ time: Int64?, receivedAt: Int64, sentAt: Int64?) -> Int64? {
        var time = time
        return ClockCorrection(receivedAt: receivedAt, sentAt: sentAt).apply(&time) ? time : nil
    }

    @Test func `a clock that is wrong by more than a minute is corrected by as much`() {
        let hour = 60 * minute
        #expect(corrected(5, receivedAt: 2 * hour, sentAt: 10) == 5 + 2 * hour - 10)
        #expect(corrected(3 * hour, receivedAt: hour, sentAt: 3 * hour) == hour)
    }

    @Test func `a clock that is right, or of which nothing is known, is believed`() {
        #expect(corrected(5, receivedAt: minute, sentAt: 0) == nil)
        #expect(corrected(5, receivedAt: minute + 1, sentAt: 0) == 5 + minute + 1)
        #expect(corrected(5, receivedAt: 0, sentAt: minute) == nil)
        #expect(corrected(5, receivedAt: 9 * minute, sentAt: nil) == nil)
        #expect(corrected(nil, receivedAt: 9 * minute, sentAt: 0) == nil)
    }

    @Test func `a time is not led out of the years that can be stored`() {
        let last: Int64 = 253_402_300_799_999_999
        #expect(corrected(last, receivedAt: 9 * minute, sentAt: 0) == nil)
        #expect(corrected(-62_135_596_800_000_000, receivedAt: 0, sentAt: 9 * minute) == nil)
    }
}
