import Dispatch
import Glibc
import HTTPServer
import Synchronization
import Testing

private func post(_ path: String, _ body: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// Sends a byte every few milliseconds until the server has answered.
func trickle(_ text: String, to client: TestClient) {
    for byte in text.utf8 {
        guard client.send([byte][...]) else { return }
        usleep(10_000)
    }
}

@Suite struct LimitTests {
    @Test func `a head that trickles in is given up at its deadline`() throws {
        try withServer({ $0.headMilliseconds = 200 }) { server, _ in
            let client = try TestClient(port: server.port)
            trickle("GET /now HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 60), to: client)
            #expect(client.readResponse()?.status == 408)
            #expect(client.readAll().isEmpty)
        }
    }

    @Test(arguments: ["Content-Length: 100\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n50\r\n"])
    func `a body that trickles in is given up at its deadline`(start: String) throws {
        try withServer({ $0.requestMilliseconds = 300 }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send("POST /now HTTP/1.1\r\nHost: a\r\n" + start)
            trickle(String(repeating: "x", count: 60), to: client)
            let answer = client.readResponse()
            #expect(answer?.status == 408)
            // The refusal still sees the head, wherever the body is collected.
            #expect(answer?.text == "refused /now")
            #expect(handler.handledCount == 0)
        }
    }

    @Test func `a chunked body that never ends is refused when too much is held`() throws {
        try withServer({ $0.heldBytesMax = 200 }) { server, _ in
            let start = "POST /now HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n"
            let clients = try (0..<4).map { _ in try TestClient(port: server.port) }
            for client in clients { client.send(start + String(repeating: "x", count: 50)) }
            let last = ContinuousClock.now + .seconds(10)
            while clients.count(where: { $0.isReadable(milliseconds: 1) }) < 2, .now < last {}
            let refused = clients.filter { $0.isReadable(milliseconds: 0) }
            #expect((2...3).contains(refused.count))
            for client in refused {
                let answer = client.readResponse()
                #expect(answer?.status == 503 && answer?.text == "refused /now")
            }
        }
    }

    @Test func `requests that do not come to their end hold a bounded memory together`() throws {
        try withServer({ $0.heldBytesMax = 2000 }) { server, handler in
            let half =
                "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + String(repeating: "x", count: 50)
            let clients = try (0..<40).map { _ in try TestClient(port: server.port) }
            for client in clients { client.send(half) }
            // Those that were one too many are answered; the others are waited for, and get their answer when they end.
            let keptMax = 2000 / half.utf8.count
            let last = ContinuousClock.now + .seconds(10)
            while clients.count(where: { $0.isReadable(milliseconds: 1) }) < 40 - keptMax, .now < last {}
            let refused = clients.filter { $0.isReadable(milliseconds: 0) }
            #expect((40 - keptMax..<40).contains(refused.count))
            for client in refused { #expect(client.readResponse()?.status == 503) }
            let waiting = clients.filter { client in !refused.contains { $0 === client } }
            for client in waiting {
                client.send(String(repeating: "x", count: 50))
                #expect(client.readResponse()?.status == 200)
            }
            #expect(handler.handledCount == waiting.count)
            // What was held has been given back.
            let next = try TestClient(port: server.port)
            next.send(half)
            #expect(!next.isReadable(milliseconds: 200))
            next.send(String(repeating: "x", count: 50))
            #expect(next.readResponse()?.status == 200)
        }
    }

    @Test func `a connection that stays silent is closed`() throws {
        try withServer({ $0.idleMilliseconds = 100 }) { server, _ in
            let silent = try TestClient(port: server.port)
            #expect(silent.readAll().isEmpty)
            let idle = try TestClient(port: server.port)
            idle.send(post("/now", "x"))
            #expect(idle.readResponse()?.text == "x")
            #expect(idle.readAll().isEmpty)
        }
    }

    @Test func `the server stops reading from a client that reads no responses`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port, receiveBytes: 4096)
            let requests = Array(String(repeating: post("/now", String(repeating: "x", count: 100)), count: 500).utf8)
            var taken = 0
            var stalls = 0
            while stalls < 50, taken < 100_000_000 {
                let count = client.sendAvailable(requests)
                taken += count
                stalls = count == 0 ? stalls + 1 : 0
                if count == 0 { usleep(10_000) }
            }
            // What the kernel buffers on both sides is all that is left to fill.
            #expect(taken < 50_000_000)
            let other = try TestClient(port: server.port)
            other.send(post("/now", "still here"))
            #expect(other.readResponse()?.text == "still here")
        }
    }

    @Test func `clients that leave while their answer is pending do no harm`() throws {
        try withServer { server, handler in
            for number in 1...100 {
                let client = try TestClient(port: server.port)
                client.send(post("/never"))
                #expect(eventually { handler.handledCount == number })
                client.abort()
            }
            handler.release()
            let client = try TestClient(port: server.port)
            client.send(post("/later", "still here"))
            #expect(client.readResponse()?.text == "still here")
        }
    }

    @Test func `an answer to a request that is over goes to nobody else`() throws {
        try withServer({ $0.loops = 1 }) { server, handler in
            let gone = try TestClient(port: server.port)
            gone.send(post("/never"))
            #expect(eventually { handler.heldCount == 1 })
            gone.abort()
            // The next connection reuses the slot of the one that left.
            let next = try TestClient(port: server.port)
            next.send(post("/now", "mine"))
            #expect(next.readResponse()?.text == "mine")
            handler.release()
            next.send(post("/later", "mine too"))
            #expect(next.readResponse()?.text == "mine too")
        }
    }

    @Test func `connections over the limit get a 503, and there is room again when others leave`() throws {
        try withServer({ $0.connectionsMax = 2 }) { server, handler in
            let first = try TestClient(port: server.port)
            let second = try TestClient(port: server.port)
            for client in [first, second] { client.send(post("/never")) }
            #expect(eventually { handler.heldCount == 2 })
            #expect(try TestClient(port: server.port).readResponse()?.status == 503)
            handler.release()
            for client in [first, second] { #expect(client.readResponse()?.text == "released") }
            first.abort()
            #expect(
                eventually {
                    guard let client = try? TestClient(port: server.port) else { return false }  // refused: not yet
                    client.send(post("/now", "in"))
                    return client.readResponse()?.text == "in"
                }
            )
        }
    }

    @Test func `the connections that have been idle longest make room for new ones`() throws {
        try withServer({
            ($0.loops, $0.connectionsMax, $0.evictableMilliseconds) = (1, 4, 100)
        }) { server, handler in
            let busy = try TestClient(port: server.port)
            busy.send(post("/never"))
            #expect(eventually { handler.heldCount == 1 })
            let idle = try (0..<3).map { _ in try TestClient(port: server.port) }
            for client in idle {
                client.send(post("/now", "in"))
                #expect(client.readResponse()?.text == "in")
            }
            for _ in 0..<20 {
                let client = try TestClient(port: server.port)
                client.send(post("/now", "in"))
                #expect(client.readResponse()?.text == "in")
            }
            #expect(idle[0].readAll().isEmpty)
            handler.release()
            #expect(busy.readResponse()?.text == "released")
        }
    }

    @Test func `a large answer reaches a slow reader whole`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port, receiveBytes: 4096)
            client.send(post("/big") + post("/now", "next"))
            let answer = client.readResponse()
            #expect(answer?.body.count == EchoHandler.bigBytes)
            #expect(answer?.body.enumerated().allSatisfy { $1 == UInt8(ascii: "0") + UInt8($0 % 10) } == true)
            #expect(client.readResponse()?.text == "next")
        }
    }
}

@Suite struct StopTests {
    @Test func `a stop responds to received requests and closes`() throws {
        try withServer { server, handler in
            let client = try TestClient(port: server.port)
            client.send(post("/never"))
            #expect(eventually { handler.heldCount == 1 })
            server.beginStop()
            // Nobody is accepted any more: the loops know of the stop.
            #expect(eventually { (try? TestClient(port: server.port)) == nil })  // not connected is what is wanted
            handler.release()
            let answer = client.readResponse()
            #expect(answer?.text == "released" && answer?.head.contains("Connection: close") == true)
            #expect(client.readAll().isEmpty)
        }
    }

    @Test func `busy clients lose no request to a stop`() throws {
        try withServer({ $0.drainGraceMilliseconds = 500 }) { server, _ in
            let lost = Atomic<Int>(0)
            let answered = Atomic<Int>(0)
            let port = server.port
            let group = DispatchGroup()
            for _ in 0..<16 {
                DispatchQueue(label: "client").async(group: group) {
                    guard let client = try? TestClient(port: port) else { return }  // came after the stop
                    while client.send(post("/later", "x")) {
                        guard let answer = client.readResponse() else {
                            lost.add(1, ordering: .relaxed)
                            return
                        }
                        answered.add(1, ordering: .relaxed)
                        if answer.head.contains("Connection: close") { return }
                    }
                }
            }
            #expect(eventually { answered.load(ordering: .relaxed) > 500 })
            server.beginStop()
            server.waitUntilStopped()
            group.wait()
            #expect(lost.load(ordering: .relaxed) == 0)
        }
    }

    @Test func `a stop ends at its limit whatever is left`() throws {
        try withServer({ $0.drainMilliseconds = 200 }) { server, handler in
            let client = try TestClient(port: server.port)
            client.send(post("/never"))
            #expect(eventually { handler.heldCount == 1 })
            server.beginStop()
            server.waitUntilStopped()
            #expect(client.readResponse() == nil)
        }
    }

    @Test func `nobody is accepted after a stop`() throws {
        try withServer { server, _ in
            let port = server.port
            server.beginStop()
            server.waitUntilStopped()
            #expect(throws: (any Error).self) { _ = try TestClient(port: port) }
        }
    }
}
