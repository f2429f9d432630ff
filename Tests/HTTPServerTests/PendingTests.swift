import Glibc
import HTTPServer
import Testing

private func post(_ path: String, _ body: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// Lets an amount of real time pass: the tests below are about what does not happen in it.
private func pass(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

@Suite struct PendingTests {
    @Test func `a request that waits is under no deadline of a request`() throws {
        try withServer({
            $0.idleMilliseconds = 100
            $0.headMilliseconds = 100
            $0.requestMilliseconds = 100
        }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(post("/never"))
            #expect(eventually { handler.heldCount == 1 })
            pass(milliseconds: 400)
            handler.release()
            #expect(client.readResponse()?.text == "released")
        }
    }

    @Test func `a loop sleeps while an answer is pending`() throws {
        try withServer({ $0.loops = 1 }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(post("/never"))
            #expect(eventually { handler.heldCount == 1 })
            let start = handler.loopMilliseconds
            pass(milliseconds: 500)
            #expect(handler.loopMilliseconds - start < 50)
        }
    }

    @Test func `a loop sleeps while an answer is pending behind one that filled the socket`() throws {
        try withServer({ $0.loops = 1 }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(post("/huge") + post("/never"))
            #expect(client.readResponse()?.body.count == EchoHandler.hugeBytes)
            #expect(eventually { handler.heldCount == 1 })
            let start = handler.loopMilliseconds
            pass(milliseconds: 500)
            #expect(handler.loopMilliseconds - start < 50)
            handler.release()
            #expect(client.readResponse()?.text == "released")
        }
    }

    @Test func `requests that a client sends while it waits are served afterwards`() throws {
        try withServer({ $0.loops = 1 }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(post("/never"))
            #expect(eventually { handler.heldCount == 1 })
            client.send((0..<50).map { post("/now", "\($0)") }.joined())
            let start = handler.loopMilliseconds
            pass(milliseconds: 300)
            #expect(handler.loopMilliseconds - start < 100 && handler.handledCount == 1)
            handler.release()
            #expect(client.readResponse()?.text == "released")
            #expect((0..<50).map { _ in client.readResponse()?.text } == (0..<50).map { "\($0)" })
        }
    }

    @Test func `a client that does not read its response is disconnected at the deadline`() throws {
        try withServer({ $0.answerMilliseconds = 200 }) { server, _ in
            let client = try TestClient(port: server.port, receiveBytes: 4096)
            client.send(post("/huge"))
            pass(milliseconds: 1000)
            #expect(client.readAll().utf8.count < EchoHandler.hugeBytes)
        }
    }

    @Test func `an answer behind one that filled the socket has a deadline too`() throws {
        try withServer({ $0.answerMilliseconds = 2000 }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(post("/huge") + post("/never") + post("/huge"))
            #expect(client.readResponse()?.body.count == EchoHandler.hugeBytes)
            #expect(eventually { handler.heldCount == 1 })
            handler.release()
            pass(milliseconds: 3500)
            #expect(client.readAll().utf8.count < EchoHandler.hugeBytes)
        }
    }

    @Test func `a ticket that was never given is harmless`() throws {
        try withServer { server, handler in
            let answer = ServerResponse.response(Response(status: 200, fields: [], body: .none))
            for ticket in [UInt64.max, 0, 1 << 56, 1 << 32] { handler.responses.send(Ticket(rawValue: ticket), answer) }
            handler.responses.send([(Ticket(rawValue: .max), answer), (Ticket(rawValue: 7), answer)])
            let client = try TestClient(port: server.port)
            client.send(post("/later", "still here"))
            #expect(client.readResponse()?.text == "still here")
        }
    }

    @Test func `an answer that is given twice is sent once`() throws {
        try withServer { server, handler in
            let client = try TestClient(port: server.port)
            client.send(post("/never"))
            #expect(eventually { handler.heldCount == 1 })
            handler.release(times: 2)
            #expect(client.readResponse()?.text == "released")
            client.send(post("/never"))
            #expect(eventually { handler.heldCount == 1 })
            client.send(post("/now", "next"))
            handler.release()
            #expect(client.readResponse()?.text == "released")
            #expect(client.readResponse()?.text == "next")
        }
    }
}
