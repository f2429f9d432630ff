import Testing

@testable import Events

@Suite struct EventBatchTests {
    private func parse(_ text: String) throws(ValidationError) -> EventBatch {
        let bytes = Array(text.utf8)
        return try EventBatch(parsing: bytes, body: 0..<bytes.count)
    }

    @Test func `fields of the envelope are found in any order`() throws {
        let events = #""events":[{"a":1},2]"#
        let report = #""ledger":[{},{}]"#
        let sent = #""sent_at":"2026-11-23T17:59:44.049Z""#
        for parts in [[events, report, sent], [sent, report, events], [report, #""v":1"#, events, sent]] {
            let text = "{\(parts.joined(separator: ","))}"
            let batch = try parse(text)
            #expect(batch.events.count == 2 && batch.reports.count == 2)
            #expect(batch.sentAt == 1_795_456_784_049_000)
            #expect(Array(text.utf8)[batch.events[0]].elementsEqual(#"{"a":1}"#.utf8))
        }
        let bare = try parse(#"{"events":[],"ledger":null,"sent_at":null}"#)
        #expect(bare.events.isEmpty && bare.reports.isEmpty && bare.sentAt == nil)
    }

    @Test func `errors of the envelope name the field`() {
        #expect(throws: ValidationError.invalid(field: "sent_at", problem: .notTimestamp)) {
            try parse(#"{"events":[],"sent_at":1}"#)
        }
        #expect(throws: ValidationError.invalid(field: "ledger", problem: .notList)) {
            try parse(#"{"events":[],"ledger":{}}"#)
        }
        let many = Array(repeating: "{}", count: 101).joined(separator: ",")
        #expect(throws: ValidationError.invalid(field: "ledger", problem: .tooMany(max: 100))) {
            try parse(#"{"events":[],"ledger":[\#(many)]}"#)
        }
    }

    @Test func `an event nested too deep spoils neither the other events nor the delivery reports before it`() throws {
        let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        let batch = try parse(
            #"{"v":1,"sent_at":"2026-11-23T17:59:44.049Z","ledger":[{}],"events":[{"a":1},{"payload":\#(deep)},{"b":2}]}"#
        )
        #expect(batch.events.count == 3 && batch.reports.count == 1 && batch.sentAt != nil)
    }

    @Test func `version 2 lists its page views, and only it`() throws {
        let batch = try parse(#"{"v":2,"sent_at":null,"pageviews":[{},1],"events":[{"pageview":0}]}"#)
        #expect(batch.pageviews?.count == 2 && batch.events.count == 1 && batch.reports.isEmpty)
        // Without the number, too: the list is what counts.
        #expect(try parse(#"{"events":[],"pageviews":[]}"#).pageviews == [])
        #expect(try parse(#"{"v":2,"events":[]}"#).pageviews == [])
        for text in [#"{"v":1,"events":[]}"#, #"{"events":[],"pageviews":null}"#, "[]", #"{"a":1}"#] {
            #expect(try parse(text).pageviews == nil)
        }
    }

    @Test func `page views that are no list, too many, or beside reports of version 1 refuse the batch`() {
        #expect(throws: ValidationError.invalid(field: "pageviews", problem: .notList)) {
            try parse(#"{"events":[],"pageviews":{}}"#)
        }
        let many = Array(repeating: "{}", count: 101).joined(separator: ",")
        #expect(throws: ValidationError.invalid(field: "pageviews", problem: .tooMany(max: 100))) {
            try parse(#"{"events":[],"pageviews":[\#(many)]}"#)
        }
        #expect(throws: ValidationError.invalid(field: "ledger", problem: .notWithPageviews)) {
            try parse(#"{"events":[],"pageviews":[],"ledger":[]}"#)
        }
    }
}
