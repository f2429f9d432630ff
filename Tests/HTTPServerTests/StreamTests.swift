import Glibc
import Locks
import HTTPServer
import Testing

private func bytes(_ text: String) -> BodyPart { .bytes(Array(text.utf8)) }

@Suite struct StreamTests {
    private func get(_ path: String, _ version: String = "1.1", method: String = "GET") -> String {
        "\(method) \(path) HTTP/\(version)\r\nHost: a\r\n\r\n"
    }

    @Test func `parts are sent as chunks when there are some, and the connection goes on behind them`() throws {
        try withServer({ _ in }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(get("/stream") + get("/now"))
            #expect(eventually { handler.sources.withLock { $0.count } == 1 })
            handler.feed(0, [bytes("one"), bytes("and two")])
            handler.feed(0, [bytes("three"), .end])
            client.finishSending()
            let text = client.readAll()
            let (head, body) = (text.prefix { $0 != "3" }, text.drop { $0 != "3" })
            #expect(head.contains("Transfer-Encoding: chunked") && !head.contains("Content-Length"))
            #expect(body.hasPrefix("3\r\none\r\n7\r\nand two\r\n5\r\nthree\r\n0\r\n\r\nHTTP/1.1 200"))
            #expect(handler.sources.withLock { $0[0].closedCount } == 1)
        }
    }

    @Test func `a client of HTTP 1.0 gets the parts alone, and the end of the connection`() throws {
        try withServer({ _ in }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(get("/stream", "1.0"))
            #expect(eventually { handler.sources.withLock { $0.count } == 1 })
            handler.feed(0, [bytes("one"), bytes("two"), .end])
            let text = client.readAll()
            #expect(text.hasSuffix("\r\n\r\nonetwo"))
            #expect(!text.contains("chunked"))
        }
    }

    @Test func `a HEAD request gets the head, and the source is closed`() throws {
        try withServer({ _ in }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(get("/stream", method: "HEAD") + get("/now"))
            client.finishSending()
            let text = client.readAll()
            #expect(text.split(separator: "HTTP/1.1 200").count == 2)
            #expect(handler.sources.withLock { $0[0].closedCount } == 1)
        }
    }

    @Test func `a client that does not read is not asked for, and its part is all that is held`() throws {
        try withServer({ $0.loops = 1 }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(get("/stream"))
            #expect(eventually { handler.sources.withLock { $0.count } == 1 })
            let part = BodyPart.bytes([UInt8](repeating: UInt8(ascii: "x"), count: 65_536))
            handler.feed(0, Array(repeating: part, count: 1000))
            let source = handler.sources.withLock { $0[0] }
            // The first ask was before there was anything. The only loop turns to another client when this one takes no more.
            #expect(eventually { source.askedCount > 1 })
            let other = try TestClient(port: server.port)
            other.send(get("/now"))
            #expect(other.readResponse()?.status == 200)
            // What the kernel buffers, and one part.
            #expect(source.askedCount < 500)
            handler.feed(0, [.end])
            client.finishSending()
            #expect(client.readAll().utf8.count > 65_536 * 1000)
            #expect(source.closedCount == 1)
        }
    }

    @Test func `a client that goes away closes the source`() throws {
        try withServer({ _ in }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(get("/stream"))
            #expect(eventually { handler.sources.withLock { $0.count } == 1 })
            client.abort()
            #expect(eventually { handler.sources.withLock { $0[0].closedCount } == 1 })
        }
    }

    @Test func `a stop ends a stream that has no end, with its last chunk`() throws {
        try withServer({ _ in }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(get("/stream"))
            #expect(eventually { handler.sources.withLock { $0.count } == 1 })
            handler.feed(0, [bytes("one")])
            server.beginStop()
            #expect(client.readAll().hasSuffix("0\r\n\r\n"))
            server.waitUntilStopped()
            #expect(handler.sources.withLock { $0[0].closedCount } == 1)
        }
    }
}
