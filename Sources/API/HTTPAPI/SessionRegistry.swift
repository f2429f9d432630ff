import Locks
package import HTTPServer
import Reports
import Rollups
package import Log
package import Storage
import Events
package import Workers

/// Keeps track of ended sessions in the store, and ends the streams of an ended session.
///
/// A result of the store is cached for a few seconds, so that not every request queries it. While the store is away, the owner's signature is
/// enough, since no stored data can be read then; a guest is refused. All access to the store happens on one thread with a connection of its
/// own, so that no report delays it.
package final class SessionRegistry: Sendable {
    /// The seconds for which a result of the store is cached.
    static let believedSeconds: Int64 = 3
    /// Milliseconds between two checks of the sessions of streams and of unwritten ends.
    static let lookMilliseconds = 1000
    /// The seconds that a guest's stream continues while the store cannot confirm the session.
    static let unconfirmedSecondsMax: Int64 = 10
    /// The most sessions with a cached state, requests that wait for the store, and unwritten ends.
    static let knownMax = 10_000
    static let waitingMax = 1000
    static let unwrittenMax = 10_000

    /// The state of a session as it is known without the store.
    enum Validity: Sendable {
        case active
        case ended
        /// The store is away, and the session is a guest's.
        case unconfirmed
        case unknown
    }

    typealias Work = @Sendable (ShareTables) throws(StoreError) -> Void
    private typealias Check = (sessions: [SignedSession], then: @Sendable ([SignedSession: Validity]) -> Void)

    private struct State {
        var known: [SignedSession: (validity: Validity, until: Int64)] = [:]
        var checks: [Check] = []
        var works: [(work: Work, failed: @Sendable (StoreError) -> Void)] = []
        var leases: [UInt64: Lease] = [:]
        /// Sessions that were ended here and not yet in the store; without a store, all that this process has ended.
        var unwritten: [SignedSession] = []
    }

    private let store: (any Store)?
    private let log: Log
    private let responses: ResponseSink
    private let state = Locked(State())
    package let worker = Worker("sessions")

    package init(store: (any Store)?, responses: ResponseSink, log: Log) {
        self.store = store
        self.log = log
        self.responses = responses
    }

    package func start() {
        guard let store else { return }
        worker.start { [self] in run(store) }
    }

    /// Responds to a waiting request, or wakes its body.
    func answer(_ ticket: Ticket, _ answer: ServerResponse) { responses.send(ticket, answer) }

    // MARK: - Requests

    /// The current state of a session, without the store.
    func validity(_ session: SignedSession) -> Validity {
        guard session.expiry > WallClock.seconds else { return .ended }
        return state.withLock { state in
            if state.unwritten.contains(session) { return .ended }
            if let known = state.known[session], known.until > MonotonicTime.now.wholeSeconds { return known.validity }
            return store == nil ? (session.linkID == nil ? .active : .ended) : .unknown
        }
    }

    /// Checks sessions in the store; returns false when too many requests are waiting.
    func check(_ sessions: [SignedSession], then: @escaping @Sendable ([SignedSession: Validity]) -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard state.checks.count < Self.waitingMax, !worker.isStopping, store != nil else { return false }
            state.checks.append((sessions, then))
            return true
        }
        if isTaken { worker.wake() }
        return isTaken
    }

    /// Runs work on the tables; returns false when the queue is full, or there is no store.
    func perform(_ work: @escaping Work, failed: @escaping @Sendable (StoreError) -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard state.works.count < Self.waitingMax, !worker.isStopping, store != nil else { return false }
            state.works.append((work, failed))
            return true
        }
        if isTaken { worker.wake() }
        return isTaken
    }

    /// Ends sessions at once, and writes that to the store as soon as possible.
    ///
    /// Calls `written` with whether the store has it; at once when there is no store.
    func end(_ sessions: [SignedSession], written: @escaping @Sendable (Bool) -> Void) {
        state.withLock { state in
            let surplus = state.unwritten.count + sessions.count - Self.unwrittenMax
            if surplus > 0 { state.unwritten.removeFirst(min(surplus, state.unwritten.count)) }
            state.unwritten += sessions.filter { !state.unwritten.contains($0) }
            for session in sessions { state.known[session] = nil }
        }
        endLeases { sessions.contains($0.session) }
        guard store != nil else { return written(true) }
        // The thread writes unwritten ends before it runs any work.
        guard perform({ _ in written(true) }, failed: { _ in written(false) }) else { return written(false) }
    }

    /// Drops the cached states of the guests of a revoked link, and ends their streams.
    func revoke(_ link: String) {
        state.withLock { state in state.known = state.known.filter { $0.key.linkID != link } }
        endLeases { $0.session.linkID == link }
    }

    // MARK: - Streams

    /// A body that ends with its session; then `farewell` is sent, so that the client can recognize an incomplete body.
    func leased(
        _ source: any BodySource,
        _ ticket: Ticket,
        _ session: SignedSession,
        farewell: [UInt8] = []
    ) -> any BodySource {
        let lease = Lease(session: session, ticket: ticket, confirmedAt: MonotonicTime.now.wholeSeconds)
        state.withLock { $0.leases[ticket.rawValue] = lease }
        worker.wake()
        return LeasedBody(source: source, lease: lease, farewell: farewell) { [weak self] in
            self?.state.withLock { state in
                if state.leases[ticket.rawValue] === lease { state.leases[ticket.rawValue] = nil }
            }
        }
    }

    private func endLeases(where isOver: (Lease) -> Bool) {
        let over = state.withLock { state in
            let over = state.leases.values.filter(isOver)
            for lease in over { state.leases[lease.ticket.rawValue] = nil }
            return over
        }
        guard !over.isEmpty else { return }
        for lease in over { lease.end() }
        responses.send(over.map { ($0.ticket, .wake) })
    }

    // MARK: - The thread

    private func run(_ store: any Store) {
        var connection = WorkerConnection(store)
        var lookedAt = ContinuousClock.now
        while true {
            let isLookDue = lookedAt.duration(to: .now) >= .milliseconds(Self.lookMilliseconds)
            if isLookDue { lookedAt = .now }
            turn(&connection, isLookDue)
            let (isStopping, isBusy) = state.withLock { state in
                (worker.isStopping, !state.leases.isEmpty || !state.unwritten.isEmpty)
            }
            if isStopping { return turn(&connection, false) }
            worker.sleep(milliseconds: isBusy ? Self.lookMilliseconds : nil)
        }
    }

    private func turn(_ connection: inout WorkerConnection, _ isLookDue: Bool) {
        let (checks, works, leases, unwritten) = state.withLock { state in
            defer { (state.checks, state.works) = ([], []) }
            return (state.checks, state.works, isLookDue ? Array(state.leases.values) : [], state.unwritten)
        }
        let mustWrite = !unwritten.isEmpty && (isLookDue || !works.isEmpty || !checks.isEmpty)
        let asked = Set(checks.flatMap(\.sessions) + leases.map(\.session))
        guard !asked.isEmpty || !works.isEmpty || mustWrite else { return }
        var found: [SignedSession: Validity]?
        var tables: ShareTables?
        do throws(StoreError) {
            found = try connection.use { database throws(StoreError) in
                let open = ShareTables(database)
                tables = open
                try write(unwritten, open)
                return try read(asked, open)
            }
        } catch {
            log.debug("cannot read sessions", ["reason": error.reason])
            for (_, failed) in works { failed(error) }
        }
        let validities = note(asked, found)
        // Ends the streams of guests whose session has not been confirmed for a while.
        let now = MonotonicTime.now.wholeSeconds
        for lease in leases where validities[lease.session] == .active { lease.confirm(now) }
        endLeases { lease in
            guard lease.session.expiry > WallClock.seconds else { return true }
            switch validities[lease.session] {
            case .ended: return true
            case .unconfirmed: return lease.confirmedAt < now - Self.unconfirmedSecondsMax
            case .active, .unknown, nil: return false
            }
        }
        for check in checks { check.then(validities) }
        if found != nil, let tables { perform(works, tables) }
    }

    private func perform(
        _ works: [(work: Work, failed: @Sendable (StoreError) -> Void)],
        _ tables: ShareTables
    ) {
        for (work, failed) in works {
            do throws(StoreError) {
                try work(tables)
            } catch {
                failed(error)
            }
        }
    }

    private func write(_ sessions: [SignedSession], _ tables: ShareTables) throws(StoreError) {
        for session in sessions {
            if session.linkID == nil {
                try tables.end(owner: session.id, expiresAt: session.expiry)
            } else {
                try tables.end(guest: session.id)
            }
        }
        let until = MonotonicTime.now.wholeSeconds + Self.believedSeconds
        state.withLock { state in
            state.unwritten.removeAll { sessions.contains($0) }
            for session in sessions { state.known[session] = (.ended, until) }
        }
    }

    private func read(
        _ sessions: Set<SignedSession>,
        _ tables: ShareTables
    ) throws(StoreError) -> [SignedSession: Validity] {
        let active = try tables.active(
            guests: sessions.filter { $0.linkID != nil }.map(\.id),
            now: WallClock.seconds
        )
        let ended = try tables.ended(owners: sessions.filter { $0.linkID == nil }.map(\.id))
        return sessions.reduce(into: [:]) { validities, session in
            let isActive = session.linkID == nil ? !ended.contains(session.id) : active.contains(session.id)
            validities[session] = isActive ? .active : .ended
        }
    }

    /// Caches the results; without them, the owner is accepted and a guest is not.
    private func note(_ asked: Set<SignedSession>, _ found: [SignedSession: Validity]?) -> [SignedSession: Validity] {
        let now = MonotonicTime.now.wholeSeconds
        return state.withLock { state in
            if state.known.count + asked.count > Self.knownMax {
                state.known = state.known.filter { $0.value.until > now }
            }
            if state.known.count + asked.count > Self.knownMax { state.known = [:] }
            var validities: [SignedSession: Validity] = [:]
            for session in asked {
                let validity: Validity =
                    state.unwritten.contains(session)
                    ? .ended : found?[session] ?? (session.linkID == nil ? .active : .unconfirmed)
                validities[session] = validity
                state.known[session] = (validity, now + (validity == .unconfirmed ? 1 : Self.believedSeconds))
            }
            return validities
        }
    }
}
