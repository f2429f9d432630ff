import Aggregation
import Events
import Glibc
import HTTPServer
import Live
import Log
import Storage
import StorageSQLite
import TestSupport
import Testing
import Workers

/// A live feed on an empty SQLite database.
final class LiveHarness {
    let feed: LiveFeed
    private let folder: TemporaryFolder
    private let writer: any StoreWriter
    private var tickets: UInt64 = 0

    init(_ change: (inout LiveFeedLimits) -> Void = { _ in }) throws {
        folder = try TemporaryFolder()
        let store = SQLiteStore(path: folder.file("collector.sqlite"), migrations: try Repository.migrations("sqlite"))
        _ = try store.migrate()
        writer = try store.makeWriter()
        var limits = LiveFeedLimits(connectionsMax: 100)
        limits.restMilliseconds = 10
        change(&limits)
        let responses = ResponseSink(ServerConfiguration())
        feed = LiveFeed(store: store, limits: limits, responses: responses, log: Log(level: .error, format: .logfmt)) {
            Array(#"{"id":\#($0.id),"payload":"\#($0.payload.count)"}"#.utf8)
        }
        feed.start()
    }

    deinit { feed.worker.stop() }

    /// Commits so many events, whose ids follow those of earlier ones.
    func commit(_ count: Int, payload: String? = nil) throws {
        _ = try writer.append(Batch(events: try (0..<count).map { _ in try Event.sample(payload: payload) }))
    }

    func subscribe(after: Int64? = nil) -> Subscriber? {
        tickets += 1
        return feed.subscribe(Ticket(rawValue: tickets), after: after)
    }

    /// Subscribes and waits until the subscriber is at the latest event.
    func subscribeToNewEvents() throws -> TestReader {
        let reader = TestReader(try #require(subscribe()))
        #expect(reader.reads { $0.hasPrefix("retry: 1000\n\nid: ") && $0.hasSuffix("\n\n") })
        return reader
    }
}

/// Reads a subscriber's stream as an event loop does.
final class TestReader {
    private let subscriber: Subscriber
    private(set) var text = ""

    init(_ subscriber: Subscriber) { self.subscriber = subscriber }

    /// Reads all that can be read now.
    ///
    /// - Returns: the text since the beginning.
    @discardableResult
    func read() -> String {
        while case .bytes(let bytes) = subscriber.next() { text += String(decoding: bytes, as: UTF8.self) }
        return text
    }

    /// Reads until the text meets the condition, for at most ten seconds.
    func reads(_ condition: (String) -> Bool) -> Bool {
        for _ in 0..<5000 where !condition(read()) { usleep(2000) }
        return condition(text)
    }

    /// Reads until there are so many events; returns whether they have the ids.
    func reads(ids: some Collection<Int64>) -> Bool {
        reads { _ in self.ids.count >= ids.count } && self.ids == Array(ids)
    }

    /// The ids of the events, in the order of the stream.
    var ids: [Int64] {
        text.matches(of: #/id: (\d+)\ndata: /#).compactMap { Int64($0.1) }
    }

    func close() { subscriber.close() }
}
