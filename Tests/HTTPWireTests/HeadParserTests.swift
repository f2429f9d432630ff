import HTTPWire
import Testing

/// A result in a form that can be compared.
private enum Outcome: Equatable {
    case needMore
    case complete(length: Int)
    case refused(RequestError)
}

private func outcome(_ bytes: some Collection<UInt8>) -> Outcome {
    switch parseHead(Array(bytes).span, limits: HeadLimits()) {
    case .needMore: .needMore
    case .complete(let head): .complete(length: head.length)
    case .refuse(let failure): .refused(failure)
    }
}

private func head(_ text: String) throws -> (head: RequestHead, bytes: [UInt8]) {
    let bytes = Array(text.utf8)
    guard case .complete(let head) = parseHead(bytes.span, limits: HeadLimits()) else {
        throw HeadIsNotComplete()
    }
    return (head, bytes)
}

private struct HeadIsNotComplete: Error {}

/// Each cut of a long text would take too long; its first kilobyte, its end and every hundredth byte show the same.
private func cuts(_ count: Int) -> [Int] {
    (0...count).filter { $0 < 1024 || $0 > count - 64 || $0 % 97 == 0 || (16_000..<17_000).contains($0) }
}

@Suite struct HeadResultTests {
    @Test(arguments: refusedHeads)
    func `an ambiguous request is refused`(item: HeadCase) throws {
        let failure = try #require(item.failure)
        #expect(outcome(item.bytes) == .refused(failure))
        #expect(outcome(item.bytes + Array("more".utf8)) == .refused(failure))
    }

    @Test(arguments: completeHeads)
    func `a clear request is complete at its empty line`(item: HeadCase) {
        #expect(outcome(item.bytes) == .complete(length: item.bytes.count))
        #expect(outcome(item.bytes + Array("{}".utf8)) == .complete(length: item.bytes.count))
    }

    @Test(arguments: refusedHeads + completeHeads)
    func `every prefix needs more or has the result of the whole`(item: HeadCase) {
        let whole = outcome(item.bytes)
        var isDecided = false
        for count in cuts(item.bytes.count) {
            let result = outcome(item.bytes[..<count])
            if isDecided { #expect(result == whole, "\(item.name) cut at \(count)") }
            if result != .needMore {
                #expect(result == whole, "\(item.name) cut at \(count)")
                isDecided = true
            }
        }
    }

    @Test func `a head may have 16 KiB and not one byte more`() {
        let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".utf8.count
        func sized(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: count - frame) + "\r\n\r\n"
        }
        #expect(outcome(Array(sized(16_384).utf8)) == .complete(length: 16_384))
        #expect(outcome(Array(sized(16_385).utf8)) == .refused(.headTooLarge))
    }

    @Test func `a target may have 8 KiB and not one byte more`() {
        func sized(_ count: Int) -> [UInt8] {
            Array(("GET /" + String(repeating: "a", count: count - 1) + " HTTP/1.1\r\nHost: a\r\n\r\n").utf8)
        }
        #expect(outcome(sized(8192)) == .complete(length: sized(8192).count))
        #expect(outcome(sized(8193)) == .refused(.targetTooLong))
    }
}

@Suite struct RequestHeadTests {
    @Test func `path and query part at the first question mark`() throws {
        let (parsed, bytes) = try head("GET /bw?bytes=1&x=?y HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(parsed.text(parsed.path, bytes.span) == "/bw")
        let query = try #require(parsed.query)
        #expect(parsed.text(query, bytes.span) == "bytes=1&x=?y")
        #expect(try head("GET / HTTP/1.1\r\nHost: a\r\n\r\n").head.query == nil)
    }

    @Test func `the path of the form of a proxy begins behind its host`() throws {
        let (parsed, bytes) = try head("GET http://a.test:80/health?x HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(parsed.text(parsed.path, bytes.span) == "/health")
    }

    @Test func `known headers are found in any case and without white space`() throws {
        let text = "POST / HTTP/1.1\r\nHOST: a\r\nuSeR-aGeNt: \t Test/1.0 \t\r\nIf-None-Match:\"1\"\r\nOrigin:\r\n\r\n"
        let (parsed, bytes) = try head(text)
        #expect(parsed.text(.userAgent, bytes.span) == "Test/1.0")
        #expect(parsed.text(.ifNoneMatch, bytes.span) == "\"1\"")
        #expect(parsed.text(.origin, bytes.span)?.isEmpty == true)
        #expect(parsed.text(.cookie, bytes.span) == nil)
    }

    @Test func `the last of several fields of one name counts, but those of a forwarding list are joined`() throws {
        let lines = "Origin: 1\r\nX-Forwarded-For: 1, 2\r\nOrigin: 2\r\nx-forwarded-for:3\r\n"
        let (parsed, bytes) = try head("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n")
        #expect(parsed.text(.origin, bytes.span) == "2")
        #expect(parsed.text(.xForwardedFor, bytes.span)?.filter { $0 != " " } == "1,2,3")
    }

    @Test func `a header that is not among the known ones is found by its whole name, in any case`() throws {
        let lines =
            "X-Real-IP: 1\r\nX-Real-IP2: 9\r\nAX-Real-IP: 9\r\nA: x-real-ip: 9\r\nx-rEaL-ip:2\r\nX_Real-IP: 9\r\n"
        let (parsed, bytes) = try head("GET /x-real-ip: HTTP/1.1\r\nHost: a\r\n\(lines)\r\nx-real-ip: body\r\n")
        #expect(parsed.list(named: "x-real-ip", bytes.span)?.filter { $0 != " " } == "1,2")
        #expect(parsed.list(named: "true-client-ip", bytes.span) == nil)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true), ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n", false), ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
        ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", false),
    ])
    func `a connection lives on as version and options say`(text: String, keepsAlive: Bool) throws {
        #expect(try head(text).head.keepsAlive == keepsAlive)
    }

    @Test(arguments: Method.allCases.filter { $0 != .other && $0 != .connect })
    func `methods are distinguished`(method: Method) throws {
        #expect(try head("\("\(method)".uppercased()) / HTTP/1.1\r\nHost: a\r\n\r\n").head.method == method)
    }

    @Test func `a body is announced by its length or its coding`() throws {
        #expect(try head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").head.announcesBody == false)
        #expect(try head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n").head.contentLength == 7)
        #expect(try head("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").head.announcesBody)
    }
}
