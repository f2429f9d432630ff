import Foundation
import Glibc
import HTTPServer
import Testing

private func post(_ path: String, _ body: String, _ fields: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

private func chunked(_ path: String, _ body: String, _ fields: String = "") -> String {
    let framed = body.map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
    return "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\(fields)\r\n\(framed)"
}

/// Bytes that are refused, and how.
private let refused: [(String, Int)] = [
    ("nonsense\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505),
    ("POST / HTTP/1.1\r\nHost: a\r\nExpect: weird\r\n", 417),
    ("GET /" + String(repeating: "a", count: 8192), 414),
    ("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 16_384), 431),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (refusedBodies[0], 400), (refusedBodies[1], 400), ("\u{16}\u{3}\u{1}", 400),
]

/// Requests whose bodies are refused: the handler has their heads then.
private let refusedBodies = ["1 \r\n", "0\r\nX: y\r\n"].map {
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + $0
}

@Suite struct MessageTests {
    @Test(arguments: refused)
    func `a refusal has its status, its body and the end of the connection`(text: String, status: Int) throws {
        try withServer { server, handler in
            for before in ["", post("/later", "before")] {
                let client = try TestClient(port: server.port)
                client.send(before + text)
                if !before.isEmpty { #expect(client.readResponse()?.text == "before") }
                let answer = client.readResponse()
                #expect(
                    answer?.status == status && answer?.text == (refusedBodies.contains(text) ? "refused /" : "refused")
                )
                #expect(answer?.head.contains("Connection: close") == true)
                #expect(client.readAll().isEmpty)
            }
            #expect(handler.handledCount == 1)
        }
    }

    @Test func `a refusal behind a HEAD has its body`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            client.send("HEAD /now HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
            #expect(client.readResponse(hasBody: false)?.status == 200)
            let answer = client.readResponse()
            #expect(answer?.status == 400 && answer?.text.hasPrefix("refused") == true)
        }
    }

    @Test func `bodies with and without chunks follow each other in one stream of any parts`() throws {
        try withServer { server, _ in
            let bodies = (0..<60).map { "body \($0)" }
            let text = bodies.enumerated().map { number, body in
                let path = number % 5 == 0 ? "/later" : "/now"
                return number % 2 == 0 ? chunked(path, body) : post(path, body)
            }.joined()
            let bytes = Array(text.utf8)
            for size in [1, 7, 100, 1000, bytes.count] {
                let client = try TestClient(port: server.port)
                for start in stride(from: 0, to: bytes.count, by: size) {
                    client.send(bytes[start..<min(bytes.count, start + size)])
                }
                #expect(bodies.map { _ in client.readResponse()?.text } == bodies, "in parts of \(size)")
            }
        }
    }

    @Test func `a client that expects a 100 before its chunks gets it, and one that did not wait does not`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            let request = chunked("/now", "abc", "Expect: 100-continue\r\n")
            let blank = try #require(request.range(of: "\r\n\r\n"))
            client.send(String(request[..<blank.upperBound]))
            #expect(client.readResponse()?.status == 100)
            client.send(String(request[blank.upperBound...]))
            #expect(client.readResponse()?.text == "abc")
            client.send(post("/now", "def", "Expect: 100-continue\r\n"))
            #expect(client.readResponse()?.text == "def")
        }
    }

    @Test func `a client that expects a 100 and is refused by the handler does not get it`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            client.send("POST /missing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            #expect(client.readResponse()?.status == 404)
            #expect(client.readAll().isEmpty)
        }
    }

    @Test func `a client of HTTP 1_0 never gets a 100`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            client.send("POST /now HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            usleep(200_000)  // nothing is to come of it
            #expect(!client.hasInput)
            client.send("abc")
            #expect(client.readAll().hasSuffix("abc"))
        }
    }

    @Test func `a client that has finished sending gets all of its answers`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port, receiveBytes: 4096)
            let bodies = (0..<30).map { "\($0)" }
            client.send(bodies.map { post(Int($0).map { $0 % 3 == 0 } == true ? "/later" : "/now", $0) }.joined())
            client.send(post("/big", ""))
            client.finishSending()
            #expect(bodies.map { _ in client.readResponse()?.text } == bodies)
            #expect(client.readResponse()?.body.count == EchoHandler.bigBytes)
            #expect(client.readAll().isEmpty)
        }
    }

    @Test func `chunks that trickle in are given up at their deadline`() throws {
        try withServer({ $0.requestMilliseconds = 300 }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send("POST /now HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            trickle("64\r\n" + String(repeating: "x", count: 60), to: client)
            #expect(client.readResponse()?.status == 408)
            #expect(client.readAll().isEmpty && handler.handledCount == 0)
        }
    }

    @Test func `all lines of a head together have one deadline`() throws {
        try withServer({ $0.headMilliseconds = 200 }) { server, _ in
            let client = try TestClient(port: server.port)
            trickle("GET /now HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A:\r\n", count: 15), to: client)
            #expect(client.readResponse()?.status == 408)
        }
    }
}
