import HTTPServer
import Testing

@testable import HTTPAPI

@Suite struct CORSTests {
    private let listed = CORS(origins: Origins(allowed: ["https://a.example", "https://b.example"]))
    private let open = CORS(origins: Origins(allowed: nil))

    private func allowed(_ fields: [(String, String)]) -> [String] {
        fields.filter { $0.0 == "Access-Control-Allow-Origin" }.map(\.1)
    }

    private func varies(_ fields: [(String, String)]) -> Bool { fields.contains { $0 == ("Vary", "Origin") } }

    @Test func `without a list, every origin may post`() {
        let decision = open.origins.judge(origin: "https://any.example", host: "c.example")
        #expect(decision == .any)
        #expect(allowed(open.fields(decision)) == ["*"])
        #expect(!varies(open.fields(decision)))
    }

    @Test func `an origin of the list is named in the response, in whatever case it was sent`() {
        let decision = listed.origins.judge(origin: "HTTPS://B.example", host: "c.example")
        #expect(allowed(listed.fields(decision)) == ["https://b.example"])
        #expect(varies(listed.fields(decision)))
    }

    @Test(arguments: ["https://evil.example", "null", "", "https://a.example.evil", "http://a.example"])
    func `an origin that is not in the list is refused`(origin: String) {
        let decision = listed.origins.judge(origin: origin, host: "c.example")
        #expect(decision == .refused)
        #expect(allowed(listed.fields(decision)) == [])
        #expect(listed.preflight(decision).status == 403)
    }

    @Test func `our own pages and senders without an origin may post`() {
        for origin in [nil, "https://c.example", "http://c.example"] {
            #expect(listed.origins.judge(origin: origin, host: "C.example") == .own)
        }
        #expect(listed.origins.judge(origin: "https://c.example", host: nil) == .refused)
    }

    @Test func `the tag of an entry brings back the headers of its request`() {
        for origin in ["https://a.example", "https://b.example", nil] {
            let decision = listed.origins.judge(origin: origin, host: nil)
            let fields = listed.fields(tag: CORS.tag(decision))
            #expect(allowed(fields) == allowed(listed.fields(decision)))
            #expect(varies(fields))
        }
        let any = open.origins.judge(origin: "https://a.example", host: nil)
        #expect(allowed(open.fields(tag: CORS.tag(any))) == ["*"])
    }

    @Test func `a preflight allows posts with the headers that the tracker sends`() {
        let response = listed.preflight(listed.origins.judge(origin: "https://a.example", host: nil))
        #expect(response.status == 204)
        let fields = Dictionary(response.fields) { first, _ in first }
        #expect(fields["Access-Control-Allow-Methods"] == "POST, OPTIONS")
        #expect(fields["Access-Control-Allow-Headers"] == "Content-Type, Content-Encoding")
        #expect(fields["Access-Control-Allow-Origin"] == "https://a.example")
    }
}
