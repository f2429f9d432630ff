import JSON
import Testing

@testable import Events

/// Version 2 of `POST /events`: events refer to the page view whose fields they share.
@Suite struct SharedFieldsTests {
    private func shared(_ text: String) throws(ValidationError) -> SharedFields {
        let bytes = Array(text.utf8)
        return try SharedFields(parsing: bytes, body: 0..<bytes.count)
    }

    private func event(_ text: String, _ pageviews: [SharedFields?]?) throws(ValidationError) -> Event {
        let bytes = Array(text.utf8)
        let requestContext = RequestContext(receivedAt: 7, userAgent: nil, ipHash: nil)
        return try Event(parsing: bytes, body: 0..<bytes.count, requestContext, pageviews: pageviews)
    }

    private let entry =
        #"{"visitor_id":"v","session_id":"s","pageview_id":"p","site":"shop.example","path":"/größe","referrer":"https://a"}"#

    @Test func `an event takes the fields that it lacks from its page view`() throws {
        let payload = #"{ "a" : [1.0, "ü"] }"#
        let event = try event(#"{"pageview":0,"event_type":"click","seq":3,"payload":\#(payload)}"#, [shared(entry)])
        #expect(event.text(event.visitorID) == "v" && event.text(event.sessionID) == "s")
        #expect(event.text(event.pageviewID) == "p" && event.text(event.site) == "shop.example")
        #expect(event.text(event.path) == "/größe" && event.text(event.referrer) == "https://a")
        #expect(event.text(event.payload) == payload && event.seq == 3)
    }

    @Test func `the fields of an event win over those of its page view`() throws {
        let event = try event(
            #"{"session_id":"s2","event_type":"click","path":"/2","referrer":null,"pageview":1}"#,
            [nil, shared(entry)]
        )
        #expect(event.text(event.sessionID) == "s2" && event.text(event.path) == "/2")
        #expect(event.text(event.visitorID) == "v" && event.text(event.referrer) == "https://a")
        #expect(throws: ValidationError.missing(["session_id"])) {
            try self.event(#"{"session_id":"","event_type":"click","pageview":0}"#, [shared(entry)])
        }
    }

    @Test func `a field with escapes is inherited as its text`() throws {
        let shared = try shared(#"{"visitor_id":"a\"\\b\u00fc","session_id":12,"pageview_id":"p"}"#)
        let event = try event(#"{"pageview":0,"event_type":"click"}"#, [shared])
        #expect(event.text(event.visitorID) == #"a"\bü"# && event.text(event.sessionID) == "12")
        #expect(event.site == nil && event.path == nil && event.referrer == nil)
    }

    @Test(arguments: ["-1", "1", "2147483648", "99999999999999999999"])
    func `an index of no page view is rejected`(index: String) throws {
        let isInteger = Int(index) != nil
        #expect(throws: ValidationError.invalid(field: "pageview", problem: isInteger ? .notIndex : .notInteger)) {
            try event(#"{"pageview":\#(index),"event_type":"click"}"#, [shared(entry)])
        }
    }

    @Test(arguments: ["1.0", "\"0\"", "true", "{}", "[]", "0e0"])
    func `an index that is no integer is rejected`(index: String) {
        #expect(throws: ValidationError.invalid(field: "pageview", problem: .notInteger)) {
            try event(#"{"pageview":\#(index),"event_type":"click"}"#, [shared(entry)])
        }
    }

    @Test func `a reference without page views, or to an invalid one, is rejected`() {
        let text = #"{"pageview":0,"event_type":"click"}"#
        #expect(throws: ValidationError.invalid(field: "pageview", problem: .notIndex)) { try event(text, []) }
        #expect(throws: ValidationError.invalid(field: "pageview", problem: .refersToInvalidPageview)) {
            try event(text, [nil])
        }
    }

    @Test func `an event that refers to no page view must be complete`() throws {
        for text in [#"{"event_type":"click"}"#, #"{"pageview":null,"event_type":"click"}"#] {
            #expect(throws: ValidationError.missing(["visitor_id", "session_id", "pageview_id"])) {
                try event(text, [shared(entry)])
            }
        }
    }

    @Test func `in version 1 the name pageview means nothing`() throws {
        let own = #""visitor_id":"v","session_id":"s","pageview_id":"p","event_type":"click""#
        let event = try event(#"{\#(own),"pageview":"x"}"#, nil)
        #expect(event.text(event.visitorID) == "v")
    }

    @Test func `an invalid entry is rejected with its field`() {
        let long = String(repeating: "x", count: 257)
        #expect(throws: ValidationError.invalid(field: "site", problem: .tooLong(bytesMax: 256))) {
            try shared(#"{"site":"\#(long)"}"#)
        }
        #expect(throws: ValidationError.invalid(field: "visitor_id", problem: .notText)) {
            try shared(#"{"visitor_id":[]}"#)
        }
        #expect(throws: ValidationError.invalid(field: "path", problem: .textError(.nul))) {
            try shared(#"{"path":"\u0000"}"#)
        }
        #expect(throws: ValidationError.invalid(field: "x", problem: .textError(.loneSurrogate))) {
            try shared(#"{"x":"\ud800"}"#)
        }
        for text in ["1", "[]", "null"] {
            #expect(throws: ValidationError.invalid(field: "entry", problem: .notObject)) { try shared(text) }
        }
    }

    @Test func `an entry has a limit of bytes`() throws {
        let padded = { (count: Int) in "{\(String(repeating: " ", count: count - 2))}" }
        #expect(try shared(padded(Limits.pageviewBytesMax)).hasDeliveryReport == false)
        #expect(throws: ValidationError.invalid(field: "entry", problem: .tooLong(bytesMax: 16_384))) {
            try shared(padded(Limits.pageviewBytesMax + 1))
        }
    }

    @Test func `an entry with emitted is a delivery report`() throws {
        #expect(try shared(#"{"emitted":0}"#).hasDeliveryReport)
        #expect(try !shared(#"{"emitted":null}"#).hasDeliveryReport)
    }
}
