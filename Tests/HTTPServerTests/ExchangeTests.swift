import HTTPServer
import Testing

private func post(_ path: String, _ body: String, _ fields: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

@Suite struct ExchangeTests {
    @Test func `a connection serves one request after the other`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            for number in 0..<20 {
                client.send(post(number % 2 == 0 ? "/now" : "/later", "body \(number)"))
                #expect(client.readResponse()?.text == "body \(number)")
            }
        }
    }

    @Test func `requests sent together are answered in their order, however they are answered`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            let requests = (0..<100).map { post($0 % 3 == 0 ? "/later" : "/now", "\($0)") }
            client.send(requests.joined())
            #expect((0..<100).map { _ in client.readResponse()?.text } == (0..<100).map { "\($0)" })
        }
    }

    @Test func `a request may come in any two parts`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            let chunked =
                "POST /now HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            for request in [Array(post("/now", "abcde").utf8), Array(chunked.utf8)] {
                for cut in 1..<request.count {
                    client.send(request[..<cut])
                    client.send(request[cut...])
                    #expect(client.readResponse()?.text == "abcde", "cut at \(cut)")
                }
            }
        }
    }

    @Test func `a body over the limit is refused before it is sent`() throws {
        try withServer { server, handler in
            let announced = try TestClient(port: server.port)
            announced.send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n")
            #expect(announced.readResponse()?.status == 413)
            #expect(announced.readAll().isEmpty)
            let chunked = try TestClient(port: server.port)
            chunked.send("POST /now HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n")
            #expect(chunked.readResponse()?.status == 413)
            #expect(handler.handledCount == 0)
            let exact = try TestClient(port: server.port)
            exact.send(post("/now", String(repeating: "x", count: 100)))
            #expect(exact.readResponse()?.status == 200)
        }
    }

    @Test func `a client that expects a 100 gets it or a refusal`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            client.send("POST /now HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            #expect(client.readResponse()?.status == 100)
            client.send("abc")
            #expect(client.readResponse()?.text == "abc")
            client.send("POST /now HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n")
            #expect(client.readResponse()?.status == 413)
        }
    }

    @Test func `a refused head without a body leaves the connection open, one with a body closes it`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            client.send("GET /missing HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.readResponse()?.status == 404)
            client.send(post("/missing", "abc"))
            #expect(client.readResponse()?.head.contains("Connection: close") == true)
            #expect(client.readAll().isEmpty)
        }
    }

    @Test func `a malformed request is answered and the connection closed`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            client.send(post("/now", "first") + "nonsense\r\n\r\n" + post("/now", "never"))
            #expect(client.readResponse()?.text == "first")
            #expect(client.readResponse()?.status == 400)
            #expect(client.readAll().isEmpty)
        }
    }

    @Test func `HEAD is answered with the length and without the body`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            client.send("HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = client.readResponse(hasBody: false)
            #expect(answer?.head.contains("Content-Length: \(EchoHandler.bigBytes)") == true)
            client.send(post("/now", "next"))
            #expect(client.readResponse()?.text == "next")
        }
    }

    @Test func `the client's wish to close is granted after its answer`() throws {
        try withServer { server, _ in
            for path in ["/now", "/later"] {
                let client = try TestClient(port: server.port)
                client.send(post(path, "last", "Connection: close\r\n") + post("/now", "never"))
                let answer = client.readResponse()
                #expect(answer?.text == "last" && answer?.head.contains("Connection: close") == true)
                #expect(client.readAll().isEmpty)
            }
        }
    }

    @Test func `a client that has finished sending still gets its answer`() throws {
        try withServer { server, _ in
            for path in ["/now", "/later"] {
                let client = try TestClient(port: server.port)
                client.send(post(path, "answer me"))
                client.finishSending()
                #expect(client.readResponse()?.text == "answer me")
            }
        }
    }

    @Test func `the peer is named, also over IPv6`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            client.send(post("/peer", ""))
            #expect(client.readResponse()?.text == "127.0.0.1")
        }
        try withServer({ $0.host = "::1" }) { server, _ in
            let client = try TestClient(port: server.port, isIPv6: true)
            client.send(post("/peer", ""))
            #expect(client.readResponse()?.text == "::1")
        }
    }

    @Test func `a port that somebody listens on is not shared`() throws {
        try withServer { server, _ in
            #expect(throws: ServerError.self) { try withServer({ $0.port = server.port }) { _, _ in } }
        }
    }
}
