import HTTPServer
import Reports
import Testing

@testable import HTTPAPI

@Suite struct AuditTrailTests {
    private func entry(_ status: Int, _ body: String, object: String? = "p") -> AuditEntry? {
        AuditTrail.entry(.owner, "POST /api/x", object, .response(Responses.json(status, body)))
    }

    @Test func `a successful change has the id and the name of its response`() throws {
        let found = try #require(entry(200, #"{"id":"a","name":"B\u00e4r \"x\"","token":"ct_secret"}"#))
        #expect((found.object, found.name) == ("a", "Bär \"x\""))
        #expect(found.actor == .owner && found.action == "POST /api/x")
        #expect(!"\(found)".contains("ct_secret"))
    }

    @Test func `a note is named by its text`() {
        #expect(entry(200, #"{"id":"a","site":"","t":1,"text":"Newsletter"}"#)?.name == "Newsletter")
    }

    @Test func `without an id in the response, the id of the path counts`() {
        #expect(entry(200, #"{"removed":"q","state":"resolved"}"#)?.object == "p")
        #expect(entry(200, #"{"removed":"q","state":"resolved"}"#)?.name == "resolved")
        #expect(entry(200, "[1]", object: nil)?.object == nil)
    }

    @Test(arguments: [400, 401, 403, 404, 409, 429, 503])
    func `a refused change has no entry`(status: Int) {
        #expect(entry(status, #"{"message":"x"}"#) == nil)
    }

    @Test func `each change of a signed-in sender is audited, and no path has the id of a visitor as its own`() {
        for route in RouteTable.all.routes {
            for operation in route.operations where operation.isChange && operation.access != .everyone {
                #expect(operation.isAudited, "\(route.path.text)")
            }
            if route.path.text.hasPrefix("/api/visitors") { #expect(!route.path.names.contains("id")) }
        }
    }
}
