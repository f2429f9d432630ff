import Dispatch
import Glibc
import HTTPServer
import Synchronization
import Testing

private func post(_ path: String, _ body: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// Milliseconds that a stop takes from its beginning.
private func stop(_ server: Server) -> Duration {
    ContinuousClock().measure {
        server.beginStop()
        server.waitUntilStopped()
    }
}

@Suite struct DrainTests {
    @Test func `a stop without clients is over at once`() throws {
        try withServer { server, _ in
            #expect(stop(server) < .seconds(2))
        }
    }

    @Test func `a stop waits for idle clients no longer than their last chance`() throws {
        try withServer { server, _ in
            let clients = try (0..<20).map { _ in try TestClient(port: server.port) }
            for client in clients {
                client.send(post("/later", "x"))
                #expect(client.readResponse()?.text == "x")
            }
            #expect(stop(server) < .seconds(3))
            for client in clients { #expect(client.readAll().isEmpty) }
        }
    }

    @Test func `an idle client may send a last request after the stop began`() throws {
        try withServer({ $0.drainGraceMilliseconds = 2000 }) { server, _ in
            let client = try TestClient(port: server.port)
            client.send(post("/now", "first"))
            #expect(client.readResponse()?.text == "first")
            server.beginStop()
            #expect(eventually { (try? TestClient(port: server.port)) == nil })  // not connected is what is wanted
            client.send(post("/later", "last"))
            let answer = client.readResponse()
            #expect(answer?.text == "last" && answer?.head.contains("Connection: close") == true)
        }
    }

    @Test func `a request that is half sent when the stop begins is answered`() throws {
        try withServer { server, _ in
            let client = try TestClient(port: server.port)
            let request = Array(post("/later", "whole").utf8)
            client.send(request[..<20])
            let other = try TestClient(port: server.port)
            other.send(post("/now", "x"))
            #expect(other.readResponse()?.text == "x")
            server.beginStop()
            #expect(eventually { (try? TestClient(port: server.port)) == nil })  // not connected is what is wanted
            usleep(300_000)  // longer than the last chance of an idle client
            client.send(request[20...])
            let answer = client.readResponse()
            #expect(answer?.text == "whole" && answer?.head.contains("Connection: close") == true)
        }
    }

    @Test func `an answer that is being read slowly when the stop begins arrives whole`() throws {
        try withServer({ $0.drainMilliseconds = 20_000 }) { server, _ in
            let client = try TestClient(port: server.port)
            client.send(post("/huge"))
            #expect(eventually { client.hasInput })
            server.beginStop()
            usleep(500_000)  // longer than the last chance of an idle client
            #expect(client.readResponse()?.body.count == EchoHandler.hugeBytes)
        }
    }

    @Test func `a stop ends when the last answer has been read`() throws {
        try withServer({
            $0.drainGraceMilliseconds = 4000
            $0.drainMilliseconds = 10_000
        }) { server, _ in
            let client = try TestClient(port: server.port)
            client.send(post("/huge"))
            #expect(eventually { client.hasInput })
            server.beginStop()
            #expect(client.readResponse()?.body.count == EchoHandler.hugeBytes)
            let spent = stop(server)
            #expect(spent < .seconds(7))
        }
    }

    @Test(arguments: ["/now", "/later"])
    func `many busy clients lose no request to a stop`(path: String) throws {
        try withServer({ $0.drainGraceMilliseconds = 500 }) { server, _ in
            let answered = Atomic<Int>(0)
            let lost = Atomic<Int>(0)
            let port = server.port
            let group = DispatchGroup()
            for _ in 0..<24 {
                DispatchQueue(label: "client").async(group: group) {
                    guard let client = try? TestClient(port: port) else { return }  // came after the stop
                    while client.send(post(path, "x")) {
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
            #expect(stop(server) < .seconds(7))
            group.wait()
            #expect(lost.load(ordering: .relaxed) == 0)
        }
    }
}
