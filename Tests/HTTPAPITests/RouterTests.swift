import Events
import HTTPServer
import HTTPWire
import Log
import Testing

@testable import HTTPAPI

/// What is decided about a request before its handler runs, on a server without a store.
@Suite struct RouterTests {
    private static let token = "a-token-of-the-tests"
    private static let owner = "Authorization: Bearer \(token)"

    private static func site(basePath: String = "", allowedOrigins: [String]? = nil) -> Site {
        let log = Log(level: .error, format: .logfmt)
        let sink = ResponseSink(ServerConfiguration())
        return Site(
            SiteConfiguration(
                basePath: basePath,
                clients: ClientAddressRule(trustedProxies: []),
                ipHashSalt: nil,
                eventsEnabled: true,
                rateLimit: 0,
                token: token,
                version: "0"
            ),
            assets: [],
            ingest: nil,
            engine: nil,
            health: HealthMonitor(store: nil, ingest: nil, responses: sink, log: log),
            sessions: SessionRegistry(store: nil, responses: sink, log: log),
            privacy: PrivacyKeeper(store: nil, folder: "", log: log),
            responses: IngestResponses(allowedOrigins: allowedOrigins, sink: sink),
            log: log
        )
    }

    /// The response to a request that is answered at once, and whether its head alone decided it.
    private func response(
        _ line: String,
        _ fields: [String] = [],
        body: String = "",
        site: Site = Self.site()
    ) throws -> (status: Int, fields: [String: String], isEarly: Bool) {
        let text = ([line + " HTTP/1.1", "Host: collector.example"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
        let bytes = Array((text + body).utf8)
        guard case .complete(let head) = parseHead(bytes.span, limits: HeadLimits()) else {
            throw RouterTestError.notParsed
        }
        var answer: ServerResponse?
        var isEarly = false
        switch site.admit(head, bytes.span) {
        case .refuse(let refusal): (answer, isEarly) = (refusal, true)
        case .accept:
            let request = Request(head: head, bytes: bytes, body: head.length..<bytes.count, peer: "192.0.2.1")
            if case .now(let now) = site.handle(request, Ticket(rawValue: 1)) { answer = now }
        }
        guard case .response(let response) = answer else { throw RouterTestError.notAnswered }
        let found = Dictionary(response.fields, uniquingKeysWith: { first, _ in first })
        return (response.status, found, isEarly)
    }

    @Test func `an unknown path and a wrong method are refused by the head alone`() throws {
        let unknown = try response("GET /nothing")
        #expect((unknown.status, unknown.isEarly) == (404, true))
        let wrong = try response("PUT /api/overview", [Self.owner])
        #expect((wrong.status, wrong.fields["Allow"], wrong.isEarly) == (405, "GET, HEAD", true))
        #expect(try response("DELETE /event").fields["Allow"] == "POST, OPTIONS")
        #expect(try response("GET /base", site: Self.site(basePath: "/base")).fields["Location"] == "/base/")
        #expect(try response("POST /base", site: Self.site(basePath: "/base")).status == 405)
    }

    @Test func `a preflight has the headers of its origin, and other origins are refused`() throws {
        let open = try response("OPTIONS /event", ["Origin: https://shop.example"])
        #expect((open.status, open.fields["Access-Control-Allow-Origin"]) == (204, "*"))
        let site = Self.site(allowedOrigins: ["https://shop.example"])
        let listed = try response("OPTIONS /collect", ["Origin: https://shop.example"], site: site)
        #expect((listed.status, listed.fields["Access-Control-Allow-Methods"]) == (204, "POST, OPTIONS"))
        #expect(listed.fields["Vary"] == "Origin")
        for method in ["OPTIONS", "POST"] {
            let other = try response("\(method) /event", ["Origin: https://evil.example"], site: site)
            #expect((other.status, other.fields["Access-Control-Allow-Origin"]) == (403, nil))
        }
        #expect(try response("OPTIONS /api/overview").status == 405, "the API answers no preflight")
    }

    @Test func `changes come from pages of this server alone, with any session`() throws {
        for fields in [["Sec-Fetch-Site: cross-site"], ["Origin: https://evil.example"], ["Origin: null"]] {
            for line in ["POST /api/session", "DELETE /api/session", "POST /api/shares", "PUT /api/issues/x"] {
                #expect(try response(line, [Self.owner] + fields, body: "{}").status == 403, "\(line) \(fields)")
            }
            #expect(try response("GET /api/session", [Self.owner] + fields).status == 200)
        }
    }

    @Test func `an unknown parameter is refused before a sign-in is asked for, and a wrong value after it`() throws {
        #expect(try response("GET /api/overview?nonsense=1").status == 400)
        let stranger = try response("GET /api/overview?interval=second")
        #expect((stranger.status, stranger.fields["WWW-Authenticate"]) == (401, "Bearer"))
        #expect(try response("GET /api/overview?interval=second", [Self.owner]).status == 400)
        #expect(try response("GET /api/overview?interval=hour", [Self.owner]).status == 503, "there is no store")
        #expect(try response("GET /bw?bytes=1&nonsense=1").status == 200, "not of the API")
    }

    @Test(arguments: ["GET /health/details", "GET /api/shares", "GET /api/visitors/x/timeline", "PUT /api/issues/x"])
    func `reading and changing stored data requires a sign-in`(line: String) throws {
        #expect(try response(line, body: "{}").status == 401)
    }
}

private enum RouterTestError: Error {
    case notParsed, notAnswered
}
