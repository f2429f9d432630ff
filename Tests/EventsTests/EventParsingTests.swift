import JSON
import Events
import Testing

private func parse(_ text: String, userAgent: String? = nil, ipHash: [UInt8]? = nil) throws(ValidationError) -> Event {
    var bytes = Array("POST /event\r\n".utf8)
    let agent = userAgent.map { text in
        defer { bytes += Array(text.utf8) }
        return Slice(start: bytes.count, count: text.utf8.count)
    }
    let start = bytes.count
    bytes += Array(text.utf8)
    let requestContext = RequestContext(receivedAt: 7, userAgent: agent, ipHash: ipHash)
    return try Event(parsing: bytes, body: start..<bytes.count, requestContext)
}

/// A body with all required fields and the given members behind them.
private func body(_ more: String = "") -> String {
    #"{"visitor_id":"v_1","session_id":"s_1","pageview_id":"p_1","event_type":"pageview""# + more + "}"
}

@Suite struct EventParsingTests {
    @Test func `a whole event keeps every field`() throws {
        let id = "0198f0c2-7b1e-7cc3-98c4-dc0c0c07398f"
        let event = try parse(
            body(
                #","seq":5,"client_timestamp":"2026-11-23T17:59:44.821Z","path":"/a?b=1","referrer":"https://x.test/","#
                    + #""payload":{"n":1.0,"e":1e2},"event_id":"\#(id)","unknown":[1]"#
            ),
            userAgent: "Test/1.0",
            ipHash: Array("ab".utf8)
        )
        #expect(event.text(event.visitorID) == "v_1")
        #expect(event.text(event.sessionID) == "s_1")
        #expect(event.text(event.pageviewID) == "p_1")
        #expect(event.text(event.eventType) == "pageview")
        #expect(event.seq == 5)
        #expect(event.clientTimestamp == 1_795_456_784_821_000)
        #expect(event.receivedAt == 7)
        #expect(event.text(event.path) == "/a?b=1")
        #expect(event.text(event.referrer) == "https://x.test/")
        #expect(event.text(event.payload) == #"{"n":1.0,"e":1e2}"#)
        #expect(event.text(event.userAgent) == "Test/1.0")
        #expect(event.text(event.ipHash) == "ab")
        #expect(event.eventID == EventID(high: 0x0198_f0c2_7b1e_7cc3, low: 0x98c4_dc0c_0c07_398f))
    }

    @Test func `absent and null fields have defaults`() throws {
        for more in [
            "", #","seq":null,"path":null,"referrer":null,"payload":null,"event_id":null,"client_timestamp":null"#,
        ] {
            let event = try parse(body(more))
            #expect(event.seq == 0)
            #expect(event.path == nil && event.referrer == nil && event.eventID == nil && event.clientTimestamp == nil)
            #expect(event.text(event.payload) == "{}")
            #expect(event.ipHash == nil && event.userAgent == nil)
        }
    }

    @Test func `escapes are resolved in text and left alone in the payload`() throws {
        let text =
            #"{"visitor\u005fid":"v\u005f1","session_id":"\u00e9","pageview_id":"p","event_type":"t","#
            + #""path":"\/\ud83d\ude00","payload":{"a":"\u0041"}}"#
        let event = try parse(text)
        #expect(event.text(event.visitorID) == "v_1")
        #expect(event.text(event.sessionID) == "é")
        #expect(event.text(event.path) == "/😀")
        #expect(event.text(event.payload) == #"{"a":"\u0041"}"#)
    }

    @Test func `a number for an id is taken as its text`() throws {
        let event = try parse(#"{"visitor_id":12,"session_id":0,"pageview_id":1.50,"event_type":-3}"#)
        #expect(event.text(event.visitorID) == "12")
        #expect(event.text(event.sessionID) == "0")
        #expect(event.text(event.pageviewID) == "1.50")
        #expect(event.text(event.eventType) == "-3")
    }

    @Test func `the last value of a duplicate field counts`() throws {
        let event = try parse(body(#","seq":"no","seq":2,"visitor_id":"v_2""#))
        #expect(event.seq == 2)
        #expect(event.text(event.visitorID) == "v_2")
    }

    @Test(arguments: ["[]", "1", "\"x\"", "true", "null"])
    func `a payload that is no object becomes an empty one`(payload: String) throws {
        let event = try parse(body(",\"payload\":\(payload)"))
        #expect(event.text(event.payload) == "{}")
    }

    @Test(arguments: ["[]", "1", "{}", "true"])
    func `a path or referrer that is no text is null`(value: String) throws {
        let event = try parse(body(",\"path\":\(value),\"referrer\":\(value)"))
        #expect(event.path == nil && event.referrer == nil)
    }

    @Test(arguments: ["-2147483648", "2147483647", "-0", "7"])
    func `integers of 32 bits are sequence numbers`(text: String) throws {
        #expect(try parse(body(",\"seq\":\(text)")).seq == Int32(text))
    }
}

@Suite struct EventValidationTests {
    @Test(arguments: ["", "x", "[]", "null", "1", "{", #"{"visitor_id":"v"}}"#, "\u{FEFF}{}"])
    func `a value that is not an object is invalid JSON`(text: String) {
        #expect(throws: ValidationError.invalidJSON) { _ = try parse(text) }
    }

    @Test(arguments: [
        ("{}", ["visitor_id", "session_id", "pageview_id", "event_type"]),
        (#"{"event_type":"t","session_id":null,"visitor_id":""}"#, ["visitor_id", "session_id", "pageview_id"]),
        (#"{"event_type":"","visitor_id":"v","session_id":"s","pageview_id":"p","seq":"x"}"#, ["event_type"]),
    ])
    func `missing fields are named in the order of the contract`(text: String, missing: [String]) {
        #expect(throws: ValidationError.missing(missing)) { _ = try parse(text) }
    }

    @Test(arguments: ["1.0", "true", "\"1\"", "2147483648", "-2147483649", "1e2", "[]", "{}", "\"\""])
    func `anything else is no sequence number`(text: String) {
        let rejection = #expect(throws: ValidationError.self) {
            _ = try parse(body(",\"seq\":\(text),\"client_timestamp\":1"))
        }
        #expect(rejection?.message == "seq must be an integer")
    }

    @Test(arguments: ["1", "\"\"", "\"yesterday\"", "\"2026-13-01\"", "{}", "true"])
    func `a client timestamp that is not ISO 8601 is refused by name`(text: String) {
        #expect(throws: ValidationError.invalid(field: "client_timestamp", problem: .notTimestamp)) {
            _ = try parse(body(",\"client_timestamp\":\(text)"))
        }
    }

    @Test(arguments: ["visitor_id", "session_id", "pageview_id", "event_type"])
    func `ids and types hold 256 bytes and not one more`(field: String) throws {
        let fits = String(repeating: "é", count: 128)
        _ = try parse(body(",\"\(field)\":\"\(fits)\""))
        #expect(throws: ValidationError.invalid(field: field, problem: .tooLong(bytesMax: 256))) {
            _ = try parse(body(",\"\(field)\":\"\(fits)x\""))
        }
        #expect(throws: ValidationError.invalid(field: field, problem: .notText)) {
            _ = try parse(body(",\"\(field)\":[1]"))
        }
        #expect(throws: ValidationError.invalid(field: field, problem: .notText)) {
            _ = try parse(body(",\"\(field)\":true"))
        }
    }

    @Test(arguments: ["path", "referrer"])
    func `path and referrer hold 2048 bytes and not one more`(field: String) throws {
        let fits = String(repeating: "a", count: 2048)
        _ = try parse(body(",\"\(field)\":\"\(fits)\""))
        #expect(throws: ValidationError.invalid(field: field, problem: .tooLong(bytesMax: 2048))) {
            _ = try parse(body(",\"\(field)\":\"\(fits)x\""))
        }
    }

    @Test(arguments: ["visitor_id", "path", "referrer", "payload", "other"])
    func `U+0000 and lone surrogates are refused with the field's name`(field: String) {
        for (escape, textError) in [("\\u0000", FieldProblem.textError(.nul)), ("\\ud800", .textError(.loneSurrogate))]
        {
            let value = field == "payload" ? "{\"k\":\"\(escape)\"}" : "\"a\(escape)\""
            #expect(throws: ValidationError.invalid(field: field, problem: textError)) {
                _ = try parse(body(",\"\(field)\":\(value)"))
            }
        }
    }

    @Test func `nesting over 64 levels is refused with the field's name`() throws {
        func nested(_ levels: Int) -> String {
            body(
                ",\"payload\":{\"a\":" + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
                    + "}"
            )
        }
        _ = try parse(nested(62))
        #expect(throws: ValidationError.invalid(field: "payload", problem: .tooDeep)) { _ = try parse(nested(63)) }
    }

    @Test(arguments: [
        "1", "\"\"", "\"x\"", "\"0198f0c2-7b1e-7cc3-98c4-dc0c0c07398\"", "\"0198f0c2_7b1e-7cc3-98c4-dc0c0c07398f\"",
        "{}",
    ])
    func `an event id that is no UUID is refused`(text: String) {
        #expect(throws: ValidationError.invalid(field: "event_id", problem: .notUUID)) {
            _ = try parse(body(",\"event_id\":\(text)"))
        }
    }
}
