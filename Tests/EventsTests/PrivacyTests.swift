import JSON
import Testing

@testable import Events

/// What the privacy mode of a site removes from a record, before anything is stored.
@Suite struct PrivacyTests {
    private static let ids = #""visitor_id":"v_browser","session_id":"s_browser","pageview_id":"p_1""#
    private static let hash = Array("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".utf8)
    private let sender = PrivacySender(salt: [1, 2, 3], address: "192.0.2.7", userAgent: Array("Browser/1".utf8))

    private func event(_ type: String, _ payload: String, site: String = "shop.example") throws -> Record {
        let text =
            #"{\#(Self.ids),"event_type":"\#(type)","site":"\#(site)","path":"/a","payload":\#(payload)}"#
        let bytes = Array(text.utf8)
        let context = RequestContext(
            receivedAt: 7,
            userAgent: nil,
            ipHash: Self.hash,
            location: {
                Location(country: "DE", regionCode: "BE", regionName: "Berlin", cityName: "Berlin", source: .database)
            }
        )
        return .event(try Event(parsing: bytes, body: 0..<bytes.count, context))
    }

    private func reduced(_ record: Record, _ mode: PrivacyMode, _ sender: PrivacySender? = nil) throws -> Event {
        var record = record
        record.reduce(to: mode, sender ?? self.sender)
        // What the journal and the store get, without other bytes of the request.
        var bytes: [UInt8] = []
        record.encode(into: &bytes)
        guard case .event(let event) = try #require(Record(decoding: bytes)) else { throw ValidationError.invalidJSON }
        return event
    }

    private func payload(_ type: String, _ payload: String, _ mode: PrivacyMode) throws -> String {
        let event = try reduced(event(type, payload), mode)
        return event.text(event.payload)
    }

    @Test func `a site in the mode full keeps all fields`() throws {
        let event = try reduced(event("pageview", #"{"user":{"id":7}}"#), .full)
        #expect(event.text(event.visitorID) == "v_browser" && event.text(event.payload) == #"{"user":{"id":7}}"#)
        #expect(event.ipHash != nil && event.location?.city != nil)
    }

    @Test func `a cookieless visitor is a hash of site, address and user agent under the key of the day`() throws {
        let one = try reduced(event("pageview", "{}"), .cookieless)
        let visitor = one.text(one.visitorID)
        #expect(visitor.hasPrefix("v_") && visitor.utf8.count == 34)
        #expect(one.text(one.sessionID).hasPrefix("s_") && one.text(one.sessionID).utf8.count == 34)
        #expect(one.ipHash == nil && one.location?.city != nil && one.text(one.pageviewID) == "p_1")
        let again = try reduced(event("click", "{}"), .cookieless)
        #expect(again.text(again.visitorID) == visitor && again.text(again.sessionID) == one.text(one.sessionID))
        var others = [try reduced(event("pageview", "{}", site: "other.example"), .cookieless)]
        for change in [\PrivacySender.salt, \PrivacySender.userAgent] {
            var other = sender
            other[keyPath: change] += [9]
            others.append(try reduced(event("pageview", "{}"), .cookieless, other))
        }
        var elsewhere = sender
        elsewhere.address = "192.0.2.8"
        others.append(try reduced(event("pageview", "{}"), .cookieless, elsewhere))
        #expect(Set(others.map { $0.text($0.visitorID) } + [visitor]).count == 5)
    }

    @Test func `an anonymous event has neither visitor nor session, and only the country of its location`() throws {
        let event = try reduced(event("pageview", "{}"), .anonymous)
        #expect(event.text(event.visitorID) == anonymousVisitor && event.text(event.sessionID) == "p_1")
        #expect(event.ipHash == nil && event.text(event.location?.country) == "DE")
        #expect(event.location?.region == nil && event.location?.city == nil)
    }

    @Test func `no byte of an id or of the address is left for the store`() throws {
        for mode in [PrivacyMode.cookieless, .anonymous] {
            var record = try event("identify", #"{"id":"customer-7","name":"Ada"}"#)
            record.reduce(to: mode, sender)
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            for secret in ["v_browser", "s_browser", "customer-7", "Ada", "192.0.2.7", "0123456789abcdef"] {
                #expect(!text.contains(secret), "\(secret) in \(mode)")
            }
        }
    }

    @Test func `payloads keep the keys that the contract permits in a mode`() throws {
        let view = #"{ "kind":"navigate", "language" : "de","deviceMemory":8,"dark":true,"user":{"id":7} }"#
        #expect(try payload("pageview", view, .cookieless) == #"{"kind":"navigate","language":"de","dark":true}"#)
        #expect(try payload("pageview", view, .anonymous) == #"{"kind":"navigate","language":"de"}"#)
        #expect(try payload("pageview", #"{"invented":1}"#, .cookieless) == "{}")
        #expect(try payload("fingerprint_ready", #"{"fingerprints":{"hash":"x"}}"#, .cookieless) == "{}")
        #expect(try payload("navigation", #"{"duration":1}"#, .anonymous) == #"{"duration":1}"#)
        let own = #"{"value":3,"currency":"EUR","plan":"pro"}"#
        #expect(try payload("signup", own, .cookieless) == own)
        #expect(try payload("signup", own, .anonymous) == #"{"value":3,"currency":"EUR"}"#)
    }

    @Test func `a name that is written with escapes is the same key`() throws {
        #expect(try payload("pageview", #"{"\u0075ser":{"id":7},"\u006bind":"route"}"#, .cookieless).contains("route"))
        #expect(try !payload("pageview", #"{"\u0075ser":{"id":7}}"#, .cookieless).contains("id"))
    }

    @Test func `a delivery report has the ids of its events`() throws {
        let text = #"{\#(Self.ids),"site":"shop.example","emitted":3}"#
        let report = Record.deliveryReport(
            try DeliveryReport(parsing: Array(text.utf8), body: 0..<text.utf8.count, receivedAt: 7)
        )
        for mode in [PrivacyMode.cookieless, .anonymous] {
            var own = report
            own.reduce(to: mode, sender)
            guard case .deliveryReport(let found) = own else { return }
            let event = try reduced(event("pageview", "{}"), mode)
            #expect(found.text(found.visitorID) == event.text(event.visitorID))
            #expect(found.text(found.sessionID) == event.text(event.sessionID))
            #expect(found.text(found.pageviewID) == "p_1" && found.emitted == 3)
        }
    }

    @Test func `a submission loses address, ids and what identifies the browser`() throws {
        let text = #"{"visitor_id":"v","browser":{"ua":"x"},"fingerprints":{"hash":"y"},"errors":[1]}"#
        var record = Record.submission(
            try Submission(parsing: Array(text.utf8), body: 0..<text.utf8.count, receivedAt: 7, ip: "192.0.2.7")
        )
        record.reduce(to: .cookieless, sender)
        guard case .submission(let submission) = record else { return }
        #expect(submission.ip == nil && submission.visitorID == nil)
        #expect(submission.text(submission.browserInfo) == "{}" && submission.text(submission.fingerprints) == "{}")
        #expect(submission.text(submission.errors) == "[1]" && submission.text(submission.body) == text)
    }

    // MARK: - The mode that a page asks for

    private func parsed(_ text: String, _ pageviews: [SharedFields?]? = nil) throws(ValidationError) -> Event {
        let bytes = Array(text.utf8)
        return try Event(
            parsing: bytes,
            body: 0..<bytes.count,
            RequestContext(receivedAt: 7, userAgent: nil, ipHash: nil),
            pageviews: pageviews
        )
    }

    @Test func `an event asks for a mode itself, or by its page view`() throws {
        let own = #"{\#(Self.ids),"event_type":"a""#
        #expect(try parsed(own + "}").privacy == .full)
        #expect(try parsed(own + #","privacy":null}"#).privacy == .full)
        #expect(try parsed(own + #","privacy":""}"#).privacy == .full)
        #expect(try parsed(own + #","privacy":"anonymous"}"#).privacy == .anonymous)
        let entry = Array(#"{\#(Self.ids),"privacy":"cookieless","emitted":1}"#.utf8)
        let shared = try SharedFields(parsing: entry, body: 0..<entry.count)
        #expect(shared.hasDeliveryReport)
        #expect(try parsed(#"{"pageview":0,"event_type":"a"}"#, [shared]).privacy == .cookieless)
        #expect(try DeliveryReport(parsing: entry, body: 0..<entry.count, receivedAt: 7).privacy == .cookieless)
    }

    @Test(arguments: [#""full""#, #""cookiless""#, "1", "true"])
    func `an unknown mode is rejected`(mode: String) {
        #expect(throws: ValidationError.invalid(field: "privacy", problem: .notPrivacyMode)) {
            try parsed(#"{\#(Self.ids),"event_type":"a","privacy":\#(mode)}"#)
        }
        let entry = Array(#"{\#(Self.ids),"privacy":\#(mode),"emitted":1}"#.utf8)
        #expect(throws: ValidationError.invalid(field: "privacy", problem: .notPrivacyMode)) {
            try SharedFields(parsing: entry, body: 0..<entry.count)
        }
    }
}
