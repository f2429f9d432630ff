import Dispatch
import Locks
package import HTTPServer
import Reports
import Rollups
package import Log
package import Storage
import Events

/// Knows which sessions have been ended, asks the store for it, and ends streams whose session has ended.
///
/// What the store has answered is believed for a few seconds, so that not every request asks it. While the store is away the owner's
/// signature is enough, since nothing that is stored can be read then; a guest is refused. Everything that concerns the store happens on one
/// thread with a connection of its own, so that no report holds it up.
package final class SessionRegistry: Sendable {
    /// Seconds that an answer of the store is believed.
    static let believedSeconds: Int64 = 3
    /// Milliseconds between two looks at the sessions of streams, and at what could not be written.
    static let lookMilliseconds = 1000
    /// Seconds that a guest's stream goes on while the store cannot confirm the session.
    static let unconfirmedSecondsMax: Int64 = 10
    /// Sessions whose state is kept, requests that wait for the store, and ends that could not be written yet.
    static let knownMax = 10_000
    static let waitingMax = 1000
    static let unwrittenMax = 10_000
    /// Milliseconds that a stop waits for what is under way.
    static let stopMillisecondsMax = 500

    /// What is known of a session without asking the store.
    enum Standing: Sendable {
        case active
        case ended
        /// Nobody can be asked: the store is away, and the session is a guest's.
        case unconfirmed
        case unknown
    }

    typealias Work = @Sendable (ShareTables) throws(StoreError) -> Void
    private typealias Check = (sessions: [SignedSession], then: @Sendable ([SignedSession: Standing]) -> Void)

    private struct State {
        var known: [SignedSession: (standing: Standing, until: Int64)] = [:]
        var checks: [Check] = []
        var works: [(work: Work, failed: @Sendable (StoreError) -> Void)] = []
        var leases: [UInt64: Lease] = [:]
        /// Ended here, and not in the store yet; without a store for as long as this process runs.
        var unwritten: [SignedSession] = []
        var isStopping = false
    }

    private let store: (any Store)?
    private let log: Log
    private let send: @Sendable ([(Ticket, Answer)]) -> Void
    private let state = Locked(State())
    private let bell = DispatchSemaphore(value: 0)
    private let stopped = DispatchGroup()

    package init(store: (any Store)?, log: Log, answer: @escaping @Sendable ([(Ticket, Answer)]) -> Void) {
        self.store = store
        self.log = log
        send = answer
    }

    package func start() {
        guard store != nil else { return }
        DispatchQueue(label: "sessions").async(group: stopped) { [self] in run() }
    }

    package func stop() {
        state.withLock { $0.isStopping = true }
        bell.signal()
        _ = stopped.wait(timeout: .now() + .milliseconds(Self.stopMillisecondsMax))
    }

    /// Answers a request that waits, or wakes its body.
    func answer(_ ticket: Ticket, _ answer: Answer) { send([(ticket, answer)]) }

    // MARK: - Requests

    /// What is known of a session now.
    func standing(_ session: SignedSession) -> Standing {
        guard session.expiry > WallClock.seconds else { return .ended }
        return state.withLock { state in
            if state.unwritten.contains(session) { return .ended }
            if let known = state.known[session], known.until > MonotonicTime.now.wholeSeconds { return known.standing }
            return store == nil ? (session.linkID == nil ? .active : .ended) : .unknown
        }
    }

    /// Asks the store for sessions; false when too many requests wait already.
    func check(_ sessions: [SignedSession], then: @escaping @Sendable ([SignedSession: Standing]) -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard state.checks.count < Self.waitingMax, !state.isStopping, store != nil else { return false }
            state.checks.append((sessions, then))
            return true
        }
        if isTaken { bell.signal() }
        return isTaken
    }

    /// Does work on the tables; false when too much waits already, or there is no store.
    func perform(_ work: @escaping Work, failed: @escaping @Sendable (StoreError) -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard state.works.count < Self.waitingMax, !state.isStopping, store != nil else { return false }
            state.works.append((work, failed))
            return true
        }
        if isTaken { bell.signal() }
        return isTaken
    }

    /// Ends sessions at once; the store learns of it as soon as it can.
    ///
    /// `written` is called with whether the store has it; at once when there is none.
    func end(_ sessions: [SignedSession], written: @escaping @Sendable (Bool) -> Void) {
        state.withLock { state in
            let surplus = state.unwritten.count + sessions.count - Self.unwrittenMax
            if surplus > 0 { state.unwritten.removeFirst(min(surplus, state.unwritten.count)) }
            state.unwritten += sessions.filter { !state.unwritten.contains($0) }
            for session in sessions { state.known[session] = nil }
        }
        endLeases { sessions.contains($0.session) }
        guard store != nil else { return written(true) }
        // The thread writes what is unwritten before it does any work.
        guard perform({ _ in written(true) }, failed: { _ in written(false) }) else { return written(false) }
    }

    /// Forgets what is believed of the guests of a link that was revoked, and ends their streams.
    func revoke(_ link: String) {
        state.withLock { state in state.known = state.known.filter { $0.key.linkID != link } }
        endLeases { $0.session.linkID == link }
    }

    // MARK: - Streams

    /// A body that ends when its session does; `farewell` is sent then, so that nobody takes the body for whole.
    func leased(
        _ source: any BodySource,
        _ ticket: Ticket,
        _ session: SignedSession,
        farewell: [UInt8] = []
    ) -> any BodySource {
        let lease = Lease(session: session, ticket: ticket, confirmedAt: MonotonicTime.now.wholeSeconds)
        state.withLock { $0.leases[ticket.rawValue] = lease }
        bell.signal()
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
        send(over.map { ($0.ticket, .wake) })
    }

    // MARK: - The thread

    private func run() {
        var database: (any Database)?
        var lookedAt = ContinuousClock.now
        while true {
            let isLookDue = lookedAt.duration(to: .now) >= .milliseconds(Self.lookMilliseconds)
            if isLookDue { lookedAt = .now }
            turn(&database, isLookDue)
            let (isStopping, isBusy) = state.withLock { state in
                (state.isStopping, !state.leases.isEmpty || !state.unwritten.isEmpty)
            }
            if isStopping { return turn(&database, false) }
            if isBusy { _ = bell.wait(timeout: .now() + .milliseconds(Self.lookMilliseconds)) } else { bell.wait() }
        }
    }

    private func turn(_ database: inout (any Database)?, _ isLookDue: Bool) {
        let (checks, works, leases, unwritten) = state.withLock { state in
            defer { (state.checks, state.works) = ([], []) }
            return (state.checks, state.works, isLookDue ? Array(state.leases.values) : [], state.unwritten)
        }
        let mustWrite = !unwritten.isEmpty && (isLookDue || !works.isEmpty || !checks.isEmpty)
        let asked = Set(checks.flatMap(\.sessions) + leases.map(\.session))
        guard !asked.isEmpty || !works.isEmpty || mustWrite else { return }
        var found: [SignedSession: Standing]?
        do throws(StoreError) {
            let connection = if let database { database } else { try connect() }
            database = connection
            let tables = ShareTables(connection)
            try write(unwritten, tables)
            found = try read(asked, tables)
        } catch {
            database = nil
            log.debug("sessions cannot be read", ["reason": error.reason])
            for (_, failed) in works { failed(error) }
        }
        let standings = note(asked, found)
        // Guests whose session nobody has confirmed for a while are not let go on.
        let now = MonotonicTime.now.wholeSeconds
        for lease in leases where standings[lease.session] == .active { lease.confirm(now) }
        endLeases { lease in
            guard lease.session.expiry > WallClock.seconds else { return true }
            switch standings[lease.session] {
            case .ended: return true
            case .unconfirmed: return lease.confirmedAt < now - Self.unconfirmedSecondsMax
            case .active, .unknown, nil: return false
            }
        }
        for check in checks { check.then(standings) }
        if found != nil, let database { perform(works, database) }
    }

    private func connect() throws(StoreError) -> any Database {
        guard let store else { throw .unavailable(reason: "there is no database") }
        return try store.makeDatabase()
    }

    private func perform(
        _ works: [(work: Work, failed: @Sendable (StoreError) -> Void)],
        _ database: any Database
    ) {
        for (work, failed) in works {
            do throws(StoreError) {
                try work(ShareTables(database))
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
    ) throws(StoreError) -> [SignedSession: Standing] {
        let active = try tables.active(
            guests: sessions.filter { $0.linkID != nil }.map(\.id),
            now: WallClock.seconds
        )
        let ended = try tables.ended(owners: sessions.filter { $0.linkID == nil }.map(\.id))
        return sessions.reduce(into: [:]) { standings, session in
            let isActive = session.linkID == nil ? !ended.contains(session.id) : active.contains(session.id)
            standings[session] = isActive ? .active : .ended
        }
    }

    /// Keeps what was found; without it the owner is believed and a guest is not.
    private func note(_ asked: Set<SignedSession>, _ found: [SignedSession: Standing]?) -> [SignedSession: Standing] {
        let now = MonotonicTime.now.wholeSeconds
        return state.withLock { state in
            if state.known.count + asked.count > Self.knownMax {
                state.known = state.known.filter { $0.value.until > now }
            }
            if state.known.count + asked.count > Self.knownMax { state.known = [:] }
            var standings: [SignedSession: Standing] = [:]
            for session in asked {
                let standing: Standing =
                    state.unwritten.contains(session)
                    ? .ended : found?[session] ?? (session.linkID == nil ? .active : .unconfirmed)
                standings[session] = standing
                state.known[session] = (standing, now + (standing == .unconfirmed ? 1 : Self.believedSeconds))
            }
            return standings
        }
    }
}
