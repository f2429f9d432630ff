import HTTPWire
import Testing

private func result(_ text: String, _ limits: HeadLimits = HeadLimits()) -> HeadResult {
    parseHead(Array(text.utf8).span, limits: limits)
}

private func failure(_ result: HeadResult) -> RequestError? {
    if case .refuse(let failure) = result { failure } else { nil }
}

private func isComplete(_ result: HeadResult) -> Bool {
    if case .complete = result { true } else { false }
}

private func get(fields: Int) -> String {
    "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: fields - 1) + "\r\n"
}

/// Values of `Connection` and whether the connection lives on, in HTTP/1.1 and in HTTP/1.0.
private let options: [(String, Bool, Bool)] = [
    ("", true, false), (",", true, false), ("close", false, false), ("CLOSE", false, false),
    ("keep-alive", true, true), ("Keep-Alive", true, true), ("close, keep-alive", false, false),
    ("keep-alive,close", false, false), (" \tclose\t ", false, false), (",,close,,", false, false),
    ("TE,\tclose ", false, false), ("closed", true, false), ("clos", true, false), ("x-close", true, false),
    ("close x", true, false), ("\"close\"", true, false), ("upgrade, TE", true, false),
]

/// Targets and the path and query that they name.
private let targets: [(String, String, String?)] = [
    ("/", "/", nil), ("/?", "/", ""), ("/a?b", "/a", "b"), ("/a??b", "/a", "?b"), ("/a?b?c", "/a", "b?c"),
    ("/%3F?x", "/%3F", "x"), ("//a", "//a", nil), ("/a/../b", "/a/../b", nil), ("http://a/", "/", nil),
    ("http://a/b?c=http://d/e", "/b", "c=http://d/e"), ("HTTP://A:80/b", "/b", nil),
]

@Suite struct HeadLimitTests {
    @Test func `a head may have a hundred fields and not one more`() {
        #expect(isComplete(result(get(fields: 100))))
        #expect(failure(result(get(fields: 101))) == .headTooLarge)
    }

    @Test func `the limits are those that are asked for`() {
        var limits = HeadLimits()
        limits.headBytesMax = 27
        limits.targetBytesMax = 1
        limits.fieldsMax = 1
        #expect(isComplete(result("GET / HTTP/1.1\r\nHost: a\r\n\r\n", limits)))
        #expect(failure(result("GET / HTTP/1.1\r\nHost: ab\r\n\r\n", limits)) == .headTooLarge)
        #expect(failure(result("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", limits)) == .targetTooLong)
        #expect(failure(result("GET / HTTP/1.1\r\nA:\r\nB:\r\n\r\n", limits)) == .headTooLarge)
    }

    @Test func `bytes after a complete head do not count toward its size`() {
        #expect(isComplete(result("GET / HTTP/1.1\r\nHost: a\r\n\r\n" + String(repeating: "a", count: 20_000))))
    }

    @Test func `a length may have 15 digits and not one more`() {
        func post(_ length: String) -> String { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n" }
        guard case .complete(let head) = result(post("999999999999999")) else {
            Issue.record("15 digits are refused")
            return
        }
        #expect(head.contentLength == 999_999_999_999_999)
        #expect(failure(result(post("1000000000000000"))) == .malformed)
        #expect(failure(result(post("0000000000000007"))) == .malformed)
    }

    @Test func `a megabyte without an end is refused`() {
        #expect(failure(result("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 1_048_576))) == .headTooLarge)
        #expect(failure(result(String(repeating: "A", count: 1_048_576))) == .headTooLarge)
    }

    @Test(arguments: options)
    func `an option of a connection is a whole item of its list`(value: String, in11: Bool, in10: Bool) {
        for (version, expected) in [("1.1", in11), ("1.0", in10)] {
            let text = "GET / HTTP/\(version)\r\nHost: a\r\nConnection: \(value)\r\n\r\n"
            guard case .complete(let head) = result(text) else {
                Issue.record("\(value) is refused in HTTP/\(version)")
                continue
            }
            #expect(head.keepsAlive == expected, "\(value) in HTTP/\(version)")
        }
    }

    @Test(arguments: targets)
    func `a target has a path and perhaps a query`(target: String, path: String, query: String?) {
        let bytes = Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        guard case .complete(let head) = parseHead(bytes.span, limits: HeadLimits()) else {
            Issue.record("\(target) is refused")
            return
        }
        #expect(head.text(head.path, bytes.span) == path)
        #expect(head.query.map { head.text($0, bytes.span) } == query)
    }

    @Test func `a query is no part of the path of a proxy's target`() {
        let bytes = Array("GET http://a?x=/b HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        guard case .complete(let head) = parseHead(bytes.span, limits: HeadLimits()) else { return }
        let path = head.text(head.path, bytes.span)
        #expect(path != "/b")
    }

    @Test(arguments: KnownHeader.allCases)
    func `a known header is found alone, and trimmed`(header: KnownHeader) {
        let value = header == .host ? "a" : "some \t thing"
        let host = header == .host ? "" : "Host: a\r\n"
        let name = "\(header.name)".uppercased()
        let bytes = Array("GET / HTTP/1.1\r\n\(host)\(name): \t\(value) \t\r\n\r\n".utf8)
        guard case .complete(let head) = parseHead(bytes.span, limits: HeadLimits()) else {
            Issue.record("\(name) is refused")
            return
        }
        #expect(head.text(header, bytes.span) == value)
        for other in KnownHeader.allCases where other != header && other != .host {
            #expect(head.field(other) == nil)
        }
    }
}
