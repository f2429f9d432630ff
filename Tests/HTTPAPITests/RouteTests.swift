import HTTPServer
import HTTPWire
import Testing

@testable import HTTPAPI

@Suite struct RouteTests {
    private static func find(_ path: String, basePath: String = "") -> (String, [String: String])? {
        RouteTable.all.find(path, basePath: basePath).map { ($0.route.path.text, $0.values) }
    }

    @Test func `no two routes have the same path, and no method of a route is there twice`() {
        let routes = RouteTable.all.routes
        #expect(Set(routes.map(\.path.text)).count == routes.count)
        for route in routes { #expect(Set(route.methods).count == route.methods.count, "\(route.path.text)") }
    }

    @Test func `routes that change or return stored data are not public`() {
        let open: Set = ["/api/session", "/api/openapi.json", "/api/fingerprint-frequency"]
        for route in RouteTable.all.routes where route.path.text.hasPrefix("/api/") {
            for operation in route.operations {
                let isOpen = operation.access == .everyone || operation.access == .identified
                // What a site promises its visitors is public; only the owner changes it.
                let isPromise = route.path.text == "/api/privacy" && operation.method == .get
                #expect(isOpen == (open.contains(route.path.text) || isPromise), "\(route.path.text)")
                #expect(operation.access.shareRule == nil || operation.method == .get, "guests change nothing")
            }
        }
    }

    @Test(arguments: [
        ("/", "/"), ("/event", "/event"), ("/static/a/b.js", "/static/{name*}"), ("/collector.js", "/collector.js"),
        ("/demo", "/demo"), ("/demo/", "/demo/"), ("/api/overview", "/api/overview"),
    ])
    func `a path is found as it was sent`(path: String, pattern: String) {
        #expect(Self.find(path)?.0 == pattern)
    }

    @Test(arguments: [
        "", "/x", "/event/", "//event", "/%65vent", "/./event", "/api", "/api/", "/api/overview/", "/static",
    ])
    func `another path is unknown`(path: String) {
        #expect(Self.find(path) == nil)
    }

    @Test func `the base path may be there or not`() {
        #expect(Self.find("/base/event", basePath: "/base")?.0 == "/event")
        #expect(Self.find("/event", basePath: "/base")?.0 == "/event")
        #expect(Self.find("/base/", basePath: "/base")?.0 == "/")
        #expect(Self.find("/base", basePath: "/base")?.0 == "/base", "a redirect to the path with a slash")
        #expect(Self.find("/baseevent", basePath: "/base") == nil)
        #expect(Self.find("/base/base/event", basePath: "/base") == nil)
    }

    @Test func `parameters of a path are one segment each, decoded, and not empty`() {
        let pattern: PathPattern = "/api/visitors/{id}/timeline"
        #expect(pattern.match("/api/visitors/v_1/timeline") == ["id": "v_1"])
        #expect(pattern.match("/api/visitors/a%2Fb%20c+%C3%A9/timeline") == ["id": "a/b c+é"])
        for path in ["//timeline", "/a/b/timeline", "/a", "/a/timeline/", "/a/timelines"] {
            #expect(pattern.match("/api/visitors\(path)") == nil, "\(path)")
        }
        #expect(pattern.names == ["id"] && !pattern.isLiteral)
    }

    @Test(arguments: [
        ("/", "GET, HEAD"), ("/event", "POST, OPTIONS"), ("/api/session", "GET, HEAD, POST, DELETE"),
        ("/api/shares", "GET, HEAD, POST"), ("/api/shares/x", "DELETE"), ("/api/issues/x", "GET, HEAD, PUT"),
        ("/api/overview", "GET, HEAD"),
    ])
    func `Allow has the methods of a route`(path: String, allow: String) throws {
        let route = try #require(RouteTable.all.find(path, basePath: "")).route
        #expect(route.allow == allow)
        for method in Method.allCases {
            #expect(
                (route.operation(method) != nil) == allow.split(separator: ", ").contains("\(method.name)"),
                "\(method)"
            )
        }
    }
}
