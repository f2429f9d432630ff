import Events
import Glibc
import Log
import Reports
import Storage
import TestSupport
import Testing
import Workers

@testable import HTTPAPI
@testable import HTTPServer

/// Downloads of events, part by part, without a server around them.
@Suite struct ExportTests {
    private static let count = Int(EventExport.partEvents) + 1
    private static let ticket = Ticket(rawValue: 1)

    /// The threads that read, and the mailbox to which they send when the download can go on.
    private final class Reading {
        let home: Database
        let pool: ReaderPool
        let responses = ResponseSink(ServerConfiguration())

        init(_ engine: Engine, events: Int) throws {
            home = try Database(engine)
            let store = try home.migrated()
            if events > 0 {
                _ = try store.makeWriter().append(Batch(events: try (0..<events).map { _ in try Event.sample() }))
            }
            pool = ReaderPool(store: store, responses: responses, log: Log(level: .error, format: .logfmt))
        }

        deinit { pool.worker.stop() }

        /// Waits until a part has been read.
        func wait() throws {
            let mailbox = responses.mailboxes[0]
            var descriptors = [pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)]
            try #require(unsafe poll(&descriptors, 1, 30_000) == 1)
            _ = mailbox.take()
        }

        /// All parts of a download.
        func parts(_ export: some BodySource) throws -> [String] {
            var parts: [String] = []
            while true {
                switch export.next() {
                case .bytes(let bytes): parts.append(String(decoding: bytes, as: UTF8.self))
                case .later: try wait()
                case .end: return parts
                }
            }
        }
    }

    @Test(arguments: Engine.allCases, ExportFormat.allCases)
    func `each event is a row, in parts of a limited number`(engine: Engine, format: ExportFormat) throws {
        let reading = try Reading(engine, events: Self.count)
        reading.pool.start()
        let export = try #require(EventExport.make(reading.pool, Self.ticket, .init(), format))
        var parts = try reading.parts(export)
        if format == .csv { #expect(parts.removeFirst().hasPrefix("id,t,type,")) }
        #expect(parts.map { $0.utf8.count { $0 == UInt8(ascii: "\n") } } == [Int(EventExport.partEvents), 1])
    }

    @Test func `a file without events is empty, or has the names of the columns alone`() throws {
        let reading = try Reading(.sqlite, events: 0)
        reading.pool.start()
        #expect(try reading.parts(#require(EventExport.make(reading.pool, Self.ticket, .init(), .ndjson))) == [])
        #expect(try reading.parts(#require(EventExport.make(reading.pool, Self.ticket, .init(), .csv))).count == 1)
    }

    @Test(arguments: Engine.allCases)
    func `a canceled download reads no further part`(engine: Engine) throws {
        let reading = try Reading(engine, events: Self.count)
        let export = try #require(EventExport.make(reading.pool, Self.ticket, .init(), .ndjson))
        // The part is requested; the client disconnects before a thread reads it.
        guard case .later = export.next() else {
            Issue.record("the first part was there before it was read")
            return
        }
        export.close()
        reading.pool.start()
        // A later download shares the queue: when it has ended, that part has been passed over.
        let later = try #require(EventExport.make(reading.pool, Ticket(rawValue: 2), .init(), .ndjson))
        #expect(try reading.parts(later).count == 2)
        guard case .end = export.next() else {
            Issue.record("a part was read for a client that has left")
            return
        }
    }

    @Test func `downloads beyond the limit are refused until one ends`() throws {
        let reading = try Reading(.sqlite, events: 0)
        var exports = (0..<ReaderPool.exportsMax).map { _ in EventExport.make(reading.pool, Self.ticket, .init(), .csv)
        }
        #expect(exports.allSatisfy { $0 != nil })
        #expect(EventExport.make(reading.pool, Self.ticket, .init(), .csv) == nil)
        exports.removeLast()
        #expect(EventExport.make(reading.pool, Self.ticket, .init(), .csv) != nil)
    }

    @Test func `a file that cannot be read to its end says so in its last line`() throws {
        let reading = try Reading(.sqlite, events: 1)
        // A pool that stops takes no queries.
        reading.pool.start()
        reading.pool.worker.stop()
        let export = try #require(EventExport.make(reading.pool, Self.ticket, .init(), .ndjson))
        #expect(try reading.parts(export) == ["{\"error\":\"incomplete: the server is busy\"}\r\n"])
    }
}
