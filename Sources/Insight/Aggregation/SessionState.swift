import Segments

/// Which session: one visitor on one site.
struct SessionID: Hashable, Sendable {
    var site: String
    var visitorID: String
    var sessionID: String

    init(_ event: StoredEvent) { (site, visitorID, sessionID) = (event.site, event.visitorID, event.sessionID) }
}

/// What is known of a session while its events arrive.
struct SessionState: Sendable {
    /// Events of a session that count: the first ones by their ids.
    static let eventsMax = 5000

    let id: SessionID

    init(_ id: SessionID) { self.id = id }

    /// Adds an event of this session; events may come in any order, each once.
    mutating func add(_ event: StoredEvent, _ aggregator: inout Aggregator) { fatalError("not written yet") }

    /// The session as its events so far make it.
    ///
    /// - Parameters:
    ///   - key: the hash of its id.
    ///   - visitor: the number of its visitor.
    func row(key: UInt64, visitor: UInt32) -> SessionRow { fatalError("not written yet") }
}

/// What sessions share while events are added: the dictionaries, texts that were parsed a moment ago, and what events change beside sessions.
struct Aggregator {
    var dictionaries = DimensionDictionaries()
    let hashes: KeyedHashes
    /// Issues that events other than recalled ones have named.
    var issues: [IssueKey: IssueChange] = [:]
    /// In the order of their events; none of bots.
    var fingerprints: [FingerprintTold] = []
    /// While it is set, events are ones that were added before: they change sessions and nothing else.
    var isRecalling = false

    init(hashes: KeyedHashes) { self.hashes = hashes }
}
