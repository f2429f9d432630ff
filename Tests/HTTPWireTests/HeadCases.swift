import HTTPWire
import Testing

/// A head and what must become of it; nil where it is complete.
struct HeadCase: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let failure: RequestError?

    init(_ name: String, _ text: String, _ failure: RequestError?) {
        self.name = name
        bytes = Array(text.utf8)
        self.failure = failure
    }

    init(_ name: String, bytes: [UInt8], _ failure: RequestError?) {
        self.name = name
        self.bytes = bytes
        self.failure = failure
    }

    var testDescription: String { name }
}

private let host = "Host: a\r\n"

private func post(_ fields: String) -> String { "POST /event HTTP/1.1\r\n\(host)\(fields)\r\n" }

/// Requests that two programs could read differently, and others that no client of good faith sends.
let refusedHeads: [HeadCase] = [
    HeadCase("length and chunked", post("Content-Length: 7\r\nTransfer-Encoding: chunked\r\n"), .malformed),
    HeadCase("chunked and length", post("Transfer-Encoding: chunked\r\nContent-Length: 7\r\n"), .malformed),
    HeadCase("two equal lengths", post("Content-Length: 7\r\nContent-Length: 7\r\n"), .malformed),
    HeadCase("two different lengths", post("Content-Length: 7\r\nContent-Length: 8\r\n"), .malformed),
    HeadCase("a list of lengths", post("Content-Length: 7, 7\r\n"), .malformed),
    HeadCase("a length with a plus", post("Content-Length: +7\r\n"), .malformed),
    HeadCase("a negative length", post("Content-Length: -1\r\n"), .malformed),
    HeadCase("a hexadecimal length", post("Content-Length: 0x7\r\n"), .malformed),
    HeadCase("a length with a space in it", post("Content-Length: 7 7\r\n"), .malformed),
    HeadCase("an empty length", post("Content-Length: \r\n"), .malformed),
    HeadCase("a length beyond 64 bits", post("Content-Length: 18446744073709551623\r\n"), .malformed),
    HeadCase("chunked twice in a line", post("Transfer-Encoding: chunked, chunked\r\n"), .malformed),
    HeadCase("gzip before chunked", post("Transfer-Encoding: gzip, chunked\r\n"), .malformed),
    HeadCase("identity and a length", post("Transfer-Encoding: identity\r\nContent-Length: 7\r\n"), .malformed),
    HeadCase("a coding that nobody knows", post("Transfer-Encoding: xchunked\r\nContent-Length: 7\r\n"), .malformed),
    HeadCase("chunked behind a vertical tab", post("Transfer-Encoding: \u{B}chunked\r\n"), .malformed),
    HeadCase("a space before the colon", post("Transfer-Encoding : chunked\r\n"), .malformed),
    HeadCase("two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), .malformed),
    HeadCase("chunked in HTTP/1.0", "POST / HTTP/1.0\r\n\(host)Transfer-Encoding: chunked\r\n\r\n", .malformed),
    HeadCase("bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", .malformed),
    HeadCase("a bare line feed after a header", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", .malformed),
    HeadCase("a bare carriage return in a value", "GET / HTTP/1.1\r\n\(host)X: a\rb\r\n\r\n", .malformed),
    HeadCase("a folded header", "GET / HTTP/1.1\r\n\(host)X: a\r\n b\r\n\r\n", .malformed),
    HeadCase("a folded coding", post("Transfer-Encoding:\r\n chunked\r\n"), .malformed),
    HeadCase("an indented first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .malformed),
    HeadCase("NUL in a value", "GET / HTTP/1.1\r\n\(host)X: a\u{0}b\r\n\r\n", .malformed),
    HeadCase("NUL in a name", "GET / HTTP/1.1\r\n\(host)X\u{0}: a\r\n\r\n", .malformed),
    HeadCase("NUL in the target", "GET /\u{0} HTTP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase("a line without a colon", "GET / HTTP/1.1\r\n\(host)nothing\r\n\r\n", .malformed),
    HeadCase("an empty name", "GET / HTTP/1.1\r\n\(host): a\r\n\r\n", .malformed),
    HeadCase("no host", "GET / HTTP/1.1\r\n\r\n", .malformed),
    HeadCase("two hosts", "GET / HTTP/1.1\r\n\(host)\(host)\r\n", .malformed),
    HeadCase("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", .malformed),
    HeadCase("the form of a tunnel", "GET a.test:80 HTTP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase("a target without a slash", "GET health HTTP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase("an asterisk for GET", "GET * HTTP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase(
        "a target beyond ASCII",
        bytes: Array("GET /".utf8) + [0xC3, 0xA9] + Array(" HTTP/1.1\r\n".utf8),
        .malformed
    ),
    HeadCase("two spaces before the target", "GET  / HTTP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase("two spaces before the version", "GET /  HTTP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase("a tab between the parts", "GET\t/\tHTTP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase("HTTP/0.9", "GET /\r\n", .malformed),
    HeadCase("HTTP/1.2", "GET / HTTP/1.2\r\n\(host)\r\n", .unsupportedVersion),
    HeadCase("HTTP/2.0", "GET / HTTP/2.0\r\n\(host)\r\n", .unsupportedVersion),
    HeadCase("another protocol", "GET / HTCP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase("CONNECT", "CONNECT a.test:443 HTTP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase("an expectation that nobody knows", post("Expect: weird\r\n"), .expectationFailed),
    HeadCase("a TLS hello", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03], .malformed),
    HeadCase("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n", .malformed),
    HeadCase("a header of 64 KiB", post("X: " + String(repeating: "a", count: 65_536) + "\r\n"), .headTooLarge),
    HeadCase("a thousand headers", post(String(repeating: "X: y\r\n", count: 1000)), .headTooLarge),
    HeadCase(
        "a target of 64 KiB",
        "GET /" + String(repeating: "a", count: 65_536) + " HTTP/1.1\r\n\(host)\r\n",
        .targetTooLong
    ),
]

/// Requests that are served, however unusual.
let completeHeads: [HeadCase] = [
    HeadCase("a post", post("Content-Length: 7\r\n"), nil),
    HeadCase("a chunked post", post("transfer-encoding: Chunked\r\n"), nil),
    HeadCase("a get with a body", "GET / HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\n", nil),
    HeadCase("an empty line first", "\r\nGET / HTTP/1.1\r\n\(host)\r\n", nil),
    HeadCase("the form of a proxy", "GET http://a.test/health?x HTTP/1.1\r\n\(host)\r\n", nil),
    HeadCase("an encoded path", "GET /%68ealth HTTP/1.1\r\n\(host)\r\n", nil),
    HeadCase("dots in the path", "GET /x/../health HTTP/1.1\r\n\(host)\r\n", nil),
    HeadCase("two slashes", "GET //health HTTP/1.1\r\n\(host)\r\n", nil),
    HeadCase("a method in lower case", "get / HTTP/1.1\r\n\(host)\r\n", nil),
    HeadCase("TRACE", "TRACE / HTTP/1.1\r\n\(host)\r\n", nil),
    HeadCase("OPTIONS of everything", "OPTIONS * HTTP/1.1\r\n\(host)\r\n", nil),
    HeadCase("HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n", nil),
    HeadCase("a header of 9 KiB", post("X: " + String(repeating: "a", count: 9216) + "\r\n"), nil),
    HeadCase("a hundred headers", post(String(repeating: "X: y\r\n", count: 99)), nil),
    HeadCase(
        "bytes beyond ASCII in a value",
        bytes: Array(post("X: ").utf8.dropLast(2)) + [0xE9, 0x0D, 0x0A, 0x0D, 0x0A],
        nil
    ),
    HeadCase("an expectation", post("Expect: 100-continue\r\nContent-Length: 7\r\n"), nil),
    HeadCase(
        "an upgrade that is not taken",
        "GET / HTTP/1.1\r\n\(host)Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        nil
    ),
]
