import Locks
package import HTTPServer
import Reports
import Rollups
package import Log
package import Storage
import Events
package import Workers

/// Keeps track of ended sessions and of API tokens in the store, and ends the streams of an ended session or token.
///
/// A result of the store is cached for a few seconds, so that not every request queries it. While the store is away, the signature of the
/// owner's session is enough, since no stored data can be read then; a guest and an API token are refused. All access to the store happens on one thread with a connection of its
/// own, so that no report delays it.
package final class SessionRegistry: Sendable {
    /// The seconds for which a result of the store is cached.
    static let believedSeconds: Int64 = 3
    /// Milliseconds between two checks of the sessions of streams and of unwritten ends.
    static let lookMilliseconds = 1000
    /// The seconds that a guest's stream continues while the store cannot confirm the session.
    static let unconfirmedSecondsMax: Int64 = 10
    /// The most sessions and API tokens with a cached state, requests that wait for the store, and unwritten ends.
    static let knownMax = 10_000
    static let waitingMax = 1000
    static let unwrittenMax = 10_000
    /// The most sign-ins of the owner whose browser is not yet in the store; further ones are listed without a browser.
    static let signInsMax = 1000

    /// The state of a session or an API token as it is known without the store.
    enum Validity: Equatable, Sendable {
        case active(Access)
        case ended
        /// An API token that has expired.
        case expired
        /// The store is away, and it is not a session of the owner.
        case unconfirmed
        case unknown
    }

    typealias Work = @Sendable (any Database) throws(StoreError) -> Void
    private typealias Check = (credentials: [Credential], then: @Sendable ([Credential: Validity]) -> Void)

    private struct State {
        var known: [Credential: (validity: Validity, until: Int64)] = [:]
        var checks: [Check] = []
        var works: [(work: Work, failed: @Sendable (StoreError) -> Void)] = []
        var leases: [UInt64: Lease] = [:]
        /// Browsers of the owner's sign-ins that are not yet in the store.
        var signIns: [SignedSession: String] = [:]
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

    /// Passes the response to a request to `take` instead, which responds later.
    func hold(_ ticket: Ticket, _ take: @escaping @Sendable (ServerResponse) -> Void) { responses.hold(ticket, take) }

    /// Ends the hold of a request that is answered at once.
    func release(_ ticket: Ticket) { responses.release(ticket) }

    // MARK: - Requests

    /// The current state of a session or an API token, without the store.
    func validity(_ credential: Credential) -> Validity {
        let now = WallClock.seconds
        if let session = credential.session, session.expiry <= now { return .ended }
        return state.withLock { state in
            if let session = credential.session, state.unwritten.contains(session) { return .ended }
            if let known = state.known[credential], known.until > MonotonicTime.now.wholeSeconds {
                return Self.isExpired(known.validity, now) ? .expired : known.validity
            }
            return store == nil ? (Self.ownAccess(credential).map { .active($0) } ?? .ended) : .unknown
        }
    }

    /// The access of the owner's own sessions, which need no store.
    private static func ownAccess(_ credential: Credential) -> Access? {
        credential.session?.isOwner == true ? .everything : nil
    }

    private static func isExpired(_ validity: Validity, _ now: Int64) -> Bool {
        guard case .active(.token(let token)) = validity, let expiry = token.expiresAt else { return false }
        return expiry <= now
    }

    /// Checks sessions and API tokens in the store; returns false when too many requests are waiting.
    func check(_ credentials: [Credential], then: @escaping @Sendable ([Credential: Validity]) -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard state.checks.count < Self.waitingMax, !worker.isStopping, store != nil else { return false }
            state.checks.append((credentials, then))
            return true
        }
        if isTaken { worker.wake() }
        return isTaken
    }

    /// Runs work on the connection; returns false when the queue is full, or there is no store.
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
            for session in sessions { state.known[.session(session)] = nil }
        }
        endLeases { lease in lease.credential.session.map(sessions.contains) ?? false }
        guard store != nil else { return written(true) }
        // The thread writes unwritten ends before it runs any work.
        guard perform({ _ in written(true) }, failed: { _ in written(false) }) else { return written(false) }
    }

    /// Notes the browser of a new session of the owner, for the list of sessions.
    func begin(_ session: SignedSession, browser: String) {
        guard store != nil else { return }
        state.withLock { state in
            if state.signIns.count < Self.signInsMax { state.signIns[session] = browser }
        }
        worker.wake()
    }

    /// Drops the cached states of the guests of a revoked link, and ends their streams.
    func revoke(_ link: String) {
        drop { $0.session?.linkID == link }
    }

    /// Drops the cached state of a revoked API token, and ends its streams.
    func revoke(token id: String) {
        drop { $0.tokenKey?.id == id }
    }

    private func drop(_ isRevoked: (Credential) -> Bool) {
        state.withLock { state in state.known = state.known.filter { !isRevoked($0.key) } }
        endLeases { isRevoked($0.credential) }
    }

    // MARK: - Streams

    /// A body that ends with its session or API token; then `farewell` is sent, so that the client can recognize an incomplete body.
    func leased(
        _ source: any BodySource,
        _ ticket: Ticket,
        _ credential: Credential,
        farewell: [UInt8] = []
    ) -> any BodySource {
        let lease = Lease(credential: credential, ticket: ticket, confirmedAt: MonotonicTime.now.wholeSeconds)
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
                (worker.isStopping, !state.leases.isEmpty || !state.unwritten.isEmpty || !state.signIns.isEmpty)
            }
            if isStopping { return turn(&connection, false) }
            worker.sleep(milliseconds: isBusy ? Self.lookMilliseconds : nil)
        }
    }

    private func turn(_ connection: inout WorkerConnection, _ isLookDue: Bool) {
        let (checks, works, leases, unwritten, signIns) = state.withLock { state in
            defer { (state.checks, state.works) = ([], []) }
            let leases = isLookDue ? Array(state.leases.values) : []
            return (state.checks, state.works, leases, state.unwritten, state.signIns)
        }
        let mustWrite = !unwritten.isEmpty && (isLookDue || !works.isEmpty || !checks.isEmpty)
        let asked = Set(checks.flatMap(\.credentials) + leases.map(\.credential) + signIns.keys.map { .session($0) })
        guard !asked.isEmpty || !works.isEmpty || mustWrite else { return }
        var found: [Credential: Validity]?
        var open: (any Database)?
        do throws(StoreError) {
            found = try connection.use { database throws(StoreError) in
                open = database
                try write(unwritten, ShareTables(database))
                return try read(asked, signIns, database)
            }
        } catch {
            log.debug("cannot read sessions", ["reason": error.reason])
            for (_, failed) in works { failed(error) }
        }
        let validities = note(asked, found)
        renew(leases, validities)
        for check in checks { check.then(validities) }
        if found != nil, let open { perform(works, open) }
    }

    /// Ends the streams whose session or API token is over, or has not been confirmed for a while.
    private func renew(_ leases: [Lease], _ validities: [Credential: Validity]) {
        let now = MonotonicTime.now.wholeSeconds
        for lease in leases {
            if case .active = validities[lease.credential] { lease.confirm(now) }
        }
        endLeases { lease in
            if let session = lease.credential.session, session.expiry <= WallClock.seconds { return true }
            switch validities[lease.credential] {
            case .ended, .expired: return true
            case .unconfirmed: return lease.confirmedAt < now - Self.unconfirmedSecondsMax
            case .active, .unknown, nil: return false
            }
        }
    }

    private func perform(
        _ works: [(work: Work, failed: @Sendable (StoreError) -> Void)],
        _ database: any Database
    ) {
        for (work, failed) in works {
            do throws(StoreError) {
                try work(database)
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
            for session in sessions { state.known[.session(session)] = (.ended, until) }
        }
    }

    private func read(
        _ credentials: Set<Credential>,
        _ signIns: [SignedSession: String],
        _ database: any Database
    ) throws(StoreError) -> [Credential: Validity] {
        let sessions = credentials.compactMap(\.session)
        let tables = ShareTables(database)
        let active = try tables.active(
            guests: sessions.filter { $0.linkID != nil }.map(\.id),
            now: WallClock.seconds
        )
        let ended = try tables.ended(owners: sessions.filter { $0.linkID == nil }.map(\.id))
        var validities = try read(credentials.compactMap(\.tokenKey), APITokens(database))
        for session in sessions {
            let owner: Access? = ended.contains(session.id) ? nil : .everything
            let access = session.isOwner ? owner : active[session.id].map { .reading($0) }
            validities[.session(session)] = access.map { .active($0) } ?? .ended
        }
        let used = sessions.filter { $0.linkID == nil && !ended.contains($0.id) }
        try use(used, signIns, OwnerSessions(database))
        return validities
    }

    /// Keeps the use of the owner's sessions.
    private func use(
        _ sessions: [SignedSession],
        _ signIns: [SignedSession: String],
        _ list: OwnerSessions
    ) throws(StoreError) {
        let now = WallClock.seconds
        let used = sessions.map { session in
            OwnerSession(
                id: session.id,
                createdAt: session.expiry - Owner.sessionSeconds,
                seenAt: now,
                expiresAt: session.expiry,
                browser: signIns[session]
            )
        }
        try list.use(used)
        state.withLock { state in
            for session in signIns.keys { state.signIns[session] = nil }
        }
    }

    private func read(_ keys: [TokenKey], _ tokens: APITokens) throws(StoreError) -> [Credential: Validity] {
        let now = WallClock.seconds
        let stored = try tokens.find(keys.map(\.id))
        var used: [APIToken] = []
        var validities: [Credential: Validity] = [:]
        for key in keys {
            guard let (token, hash) = stored[key.id], Owner.isEqual(Array(hash.utf8), Array(key.hash.utf8)) else {
                validities[.token(key)] = .ended
                continue
            }
            let active = Validity.active(.token(token))
            let isExpired = Self.isExpired(active, now)
            if !isExpired { used.append(token) }
            validities[.token(key)] = isExpired ? .expired : active
        }
        try tokens.use(used, now: now)
        return validities
    }

    /// Caches the results; without them, the owner is accepted, and a guest and an API token are not.
    private func note(_ asked: Set<Credential>, _ found: [Credential: Validity]?) -> [Credential: Validity] {
        let now = MonotonicTime.now.wholeSeconds
        return state.withLock { state in
            if state.known.count + asked.count > Self.knownMax {
                state.known = state.known.filter { $0.value.until > now }
            }
            if state.known.count + asked.count > Self.knownMax { state.known = [:] }
            var validities: [Credential: Validity] = [:]
            for credential in asked {
                let isEnded = credential.session.map(state.unwritten.contains) ?? false
                let unread = Self.ownAccess(credential).map { Validity.active($0) } ?? .unconfirmed
                let validity = isEnded ? .ended : found?[credential] ?? unread
                validities[credential] = validity
                state.known[credential] = (validity, now + (validity == .unconfirmed ? 1 : Self.believedSeconds))
            }
            return validities
        }
    }
}
