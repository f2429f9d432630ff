import JSON
import Events
import Testing

private func parse(_ text: String, ip: String? = nil) throws(ValidationError) -> Submission {
    let bytes = Array("head".utf8) + Array(text.utf8)
    return try Submission(parsing: bytes, body: 4..<bytes.count, receivedAt: 9, ip: ip)
}

@Suite struct SubmissionParsingTests {
    @Test func `parts go to their columns as they were written`() throws {
        let text =
            #"{"visitor_id":"v","session_id":"s","pageview_id":"p","timestamp":"2026-11-23T17:59:41.673Z","browser":{"a":1.0},"#
            + #""performance":{"t":{}},"network":{"n":1},"errors":[{"m":"x"}],"fingerprints":{"c":"d"},"battery":{"level":1},"#
            + #""benchmarks":{"b":1e2},"more":1}"#
        let submission = try parse(text, ip: "192.0.2.1")
        #expect(submission.text(submission.body) == text)
        #expect(submission.text(submission.browserInfo) == #"{"a":1.0}"#)
        #expect(submission.text(submission.performanceData) == #"{"t":{}}"#)
        #expect(submission.text(submission.fingerprints) == #"{"c":"d"}"#)
        #expect(submission.text(submission.errors) == #"[{"m":"x"}]"#)
        #expect(submission.text(submission.network) == #"{"n":1}"#)
        #expect(submission.text(submission.battery) == #"{"level":1}"#)
        #expect(submission.text(submission.benchmarks) == #"{"b":1e2}"#)
        #expect(submission.text(submission.visitorID) == "v")
        #expect(submission.text(submission.ip) == "192.0.2.1")
        #expect(submission.clientTimestamp == 1_795_456_781_673_000)
    }

    @Test(arguments: [
        "{}",
        #"{"browser":null,"performance":null,"fingerprints":null,"errors":null,"network":null,"visitor_id":null}"#,
    ])
    func `missing parts have the defaults of the contract`(text: String) throws {
        let submission = try parse(text)
        #expect(submission.text(submission.browserInfo) == "{}")
        #expect(submission.text(submission.performanceData) == "{}")
        #expect(submission.text(submission.fingerprints) == "{}")
        #expect(submission.text(submission.errors) == "[]")
        #expect(submission.network == nil && submission.battery == nil && submission.benchmarks == nil)
        #expect(submission.visitorID == nil && submission.sessionID == nil && submission.pageviewID == nil)
        #expect(submission.clientTimestamp == nil && submission.ip == nil)
    }

    @Test(arguments: ["", "[]", "{", "nope"])
    func `a value that is not an object is invalid JSON`(text: String) {
        #expect(throws: ValidationError.invalidJSON) { _ = try parse(text) }
    }

    @Test(arguments: [
        (#"{"timestamp":"x"}"#, ValidationError.invalid(field: "timestamp", problem: .notTimestamp)),
        (#"{"visitor_id":[]}"#, .invalid(field: "visitor_id", problem: .notText)),
        (#"{"browser":{"a":"\u0000"}}"#, .invalid(field: "browser", problem: .textError(.nul))),
        (#"{"other":"\ud800"}"#, .invalid(field: "other", problem: .textError(.loneSurrogate))),
    ])
    func `faults are named`(text: String, rejection: ValidationError) {
        #expect(throws: rejection) { _ = try parse(text) }
    }
}
