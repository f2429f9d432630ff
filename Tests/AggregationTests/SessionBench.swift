import Segments
import Storage
import Testing

@testable import Aggregation

/// The parts of an event of a session that tests set.
struct TestEvent {
    var id: Int64
    var type: String
    var payload = "{}"
    var pageView = "p_1"
    var seq: Int64?
    var seconds: Int64?
    /// In place of `seconds`.
    var microseconds: Int64?
    var site = "shop.example"
    var path: String? = "/"
    var referrer: String?
    var agent: String? = TestEvent.chrome

    static let chrome =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
    static let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
    static let bot = "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/about)"
    /// Start of a day, UTC.
    static let day: Int64 = 1_795_392_000

    init(_ id: Int64, _ type: String, _ payload: String = "{}") {
        (self.id, self.type, self.payload) = (id, type, payload)
    }

    func with(_ change: (inout TestEvent) -> Void) -> TestEvent {
        var event = self
        change(&event)
        return event
    }

    func stored() -> StoredEvent {
        StoredEvent(
            id: id,
            receivedAt: microseconds ?? (seconds ?? Self.day + id) * 1_000_000,
            visitorID: "v_1",
            sessionID: "s_1",
            pageviewID: pageView,
            type: type,
            seq: seq ?? id,
            site: site,
            path: path,
            referrer: referrer,
            userAgent: agent,
            payload: payload
        )
    }
}

/// A session of events, with the dictionaries that its row's codes are of.
struct SessionBench {
    var aggregator: Aggregator
    var state: SessionState?

    init(_ events: [TestEvent] = []) throws {
        aggregator = Aggregator(hashes: try #require(KeyedHashes(secret: String(repeating: "5a", count: 32))))
        for event in events { add(event) }
    }

    mutating func add(_ event: TestEvent) { add(event.stored()) }

    mutating func add(_ event: StoredEvent) {
        var state = state ?? SessionState(SessionID(event))
        state.add(event, &aggregator)
        self.state = state
    }

    func row() throws -> SessionRow { try #require(state).row(key: 7, visitor: 3) }

    func text(_ dictionary: Column.Dictionary, _ code: UInt32) -> String {
        aggregator.dictionaries.text(code, dictionary)
    }

    /// The row with texts in place of codes, for comparisons of sessions whose codes were given in another order.
    func described() throws -> [String] {
        let row = try row()
        let session = try SessionRow.codeColumns.map { field in
            (try #require(field.column.dictionary), field.code(row))
        }
        let pageViews = try row.pageViews.map { view in
            let codes = try PageViewRow.codeColumns.map { field in
                (try #require(field.column.dictionary), field.code(view))
            }
            let numbers =
                "\(view.time) \(view.isCounted) \(view.eventsReceived) \(view.engagement as Any) \(view.scrollDepth as Any) \(Array(view.vitals))"
            return numbers + codes.map { text($0, $1) }.joined(separator: "|")
        }
        let events = row.events.map {
            "\($0.pageView) \($0.time) \($0.kind) \(text(.eventName, $0.name)) \(text(.issue, $0.issue)) \($0.count)"
        }
        let resources = row.resources.map {
            "\($0.pageView) \($0.kind) \(text(.resource, $0.name)) \($0.duration) \($0.bytes)"
        }
        return [session.map { text($0, $1) }.joined(separator: "|")] + pageViews + events + resources
    }
}
