import CPostgres
import Glibc

/// A connection to a server; used by one thread at a time. Every call has a time limit, so that a server that hangs is an error.
// Unchecked: each owner keeps its connection to one thread at a time.
@safe package final class Connection: @unchecked Sendable {
    private let handle: OpaquePointer

    /// Connects.
    package init(url: String, timeoutMilliseconds: Int32) throws(PostgresError) {
        guard let handle = unsafe PQconnectStart(url) else {
            throw PostgresError(stage: .notSent, reason: "out of memory")
        }
        unsafe self.handle = handle
        unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
        let deadline = Deadline(milliseconds: timeoutMilliseconds)
        var state = PGRES_POLLING_WRITING
        while unsafe PQstatus(handle) != CONNECTION_BAD, state != PGRES_POLLING_OK, state != PGRES_POLLING_FAILED {
            let events = state == PGRES_POLLING_WRITING ? Int16(POLLOUT) : Int16(POLLIN)
            guard unsafe wait(PQsocket(handle), events, deadline) else {
                throw PostgresError(stage: .notSent, reason: "connecting took too long")
            }
            state = unsafe PQconnectPoll(handle)
        }
        guard unsafe PQstatus(handle) == CONNECTION_OK, unsafe PQsetnonblocking(handle, 1) == 0 else {
            let text = unsafe String(cString: PQerrorMessage(handle))
            throw PostgresError(stage: .notSent, reason: connectionFailure(text))
        }
    }

    deinit { unsafe PQfinish(handle) }

    /// Runs statements without parameters.
    @discardableResult
    package func execute(_ sql: String, timeoutMilliseconds: Int32) throws(PostgresError) -> Result {
        try ready()
        return try finish(unsafe PQsendQuery(handle, sql), timeoutMilliseconds)
    }

    /// Runs one statement with text parameters.
    package func query(
        _ sql: String,
        _ parameters: [String?],
        timeoutMilliseconds: Int32
    ) throws(PostgresError) -> Result {
        try ready()
        var bytes: [UInt8] = []
        var offsets: [Int?] = []
        for parameter in parameters {
            offsets.append(parameter == nil ? nil : bytes.count)
            bytes += Array((parameter ?? "").utf8) + [0]
        }
        let sent: Int32 = unsafe bytes.withUnsafeBytes { buffer in
            let base = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe offsets.map { offset in unsafe offset.flatMap { unsafe base?.advanced(by: $0) } }
            return unsafe PQsendQueryParams(handle, sql, Int32(values.count), nil, values, nil, nil, 0)
        }
        return try finish(sent, timeoutMilliseconds)
    }

    /// Makes a statement known to the server under a name.
    package func prepare(_ name: String, _ sql: String, timeoutMilliseconds: Int32) throws(PostgresError) {
        try ready()
        _ = try finish(unsafe PQsendPrepare(handle, name, sql, 0, nil), timeoutMilliseconds)
    }

    /// Runs a prepared statement with binary parameters that lie in one buffer.
    ///
    /// - Parameters:
    ///   - name: of the prepared statement.
    ///   - buffer: where the parameters lie.
    ///   - places: of each parameter.
    ///   - timeoutMilliseconds: for the statement to be answered.
    /// - Returns: the outcome.
    /// - Throws: what went wrong, and how far the statement had come.
    package func run(
        _ name: String,
        _ buffer: [UInt8],
        _ places: [Range<Int>],
        timeoutMilliseconds: Int32
    ) throws(PostgresError) -> Result {
        try ready()
        let lengths = places.map { Int32($0.count) }
        let formats = [Int32](repeating: 1, count: places.count)
        let sent: Int32 = unsafe buffer.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe places.map { unsafe base?.advanced(by: $0.lowerBound) }
            return unsafe PQsendQueryPrepared(handle, name, Int32(places.count), values, lengths, formats, 0)
        }
        return try finish(sent, timeoutMilliseconds)
    }

    // MARK: - Waiting

    /// Finds out, before anything is sent, whether the server has closed the connection meanwhile.
    private func ready() throws(PostgresError) {
        if unsafe wait(PQsocket(handle), Int16(POLLIN), Deadline(milliseconds: 0)) {
            _ = unsafe PQconsumeInput(handle)
        }
        guard unsafe PQstatus(handle) == CONNECTION_OK else {
            throw PostgresError(stage: .notSent, sqlState: "08006", reason: "the connection was lost")
        }
    }

    private func finish(_ sent: Int32, _ timeoutMilliseconds: Int32) throws(PostgresError) -> Result {
        guard sent == 1 else {
            throw PostgresError(stage: .notSent, sqlState: "08006", reason: "the connection was lost")
        }
        let deadline = Deadline(milliseconds: timeoutMilliseconds)
        try flush(deadline)
        var last: Result?
        var failure: PostgresError?
        while let result = unsafe try nextResult(deadline) {
            switch unsafe PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: unsafe last = Result(result)
            case PGRES_EMPTY_QUERY: break
            default: if failure == nil { failure = unsafe error(result) }
            }
            unsafe PQclear(result)
        }
        if let failure { throw failure }
        guard unsafe PQstatus(handle) == CONNECTION_OK else { throw lost() }
        return last ?? Result.empty
    }

    private func flush(_ deadline: Deadline) throws(PostgresError) {
        while true {
            let left = unsafe PQflush(handle)
            if left == 0 { return }
            guard left == 1 else { throw lost() }
            guard unsafe wait(PQsocket(handle), Int16(POLLOUT) | Int16(POLLIN), deadline) else { throw late() }
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
        }
    }

    private func nextResult(_ deadline: Deadline) throws(PostgresError) -> OpaquePointer? {
        while unsafe PQisBusy(handle) == 1 {
            guard unsafe wait(PQsocket(handle), Int16(POLLIN), deadline) else { throw late() }
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
        }
        return unsafe PQgetResult(handle)
    }

    private func lost() -> PostgresError {
        PostgresError(stage: .unanswered, sqlState: "08006", reason: "the connection was lost")
    }

    private func late() -> PostgresError {
        PostgresError(stage: .unanswered, reason: "the server took too long to answer")
    }

    private func error(_ result: OpaquePointer) -> PostgresError {
        let state =
            unsafe PQresultErrorField(result, 67 /* PG_DIAG_SQLSTATE, 'C' */).map { unsafe String(cString: $0) } ?? ""
        let message = unsafe PQresultErrorField(result, 77 /* PG_DIAG_MESSAGE_PRIMARY, 'M' */).map {
            unsafe String(cString: $0)
        }
        // An error without a state is libpq's own: the connection broke while the answer was waited for.
        guard !state.isEmpty else { return lost() }
        return PostgresError(
            stage: .answered,
            sqlState: state,
            reason: "PostgreSQL error \(state)",
            serverMessage: message ?? ""
        )
    }
}

extension Result {
    static let empty = Result(rows: [], changed: 0)

    private init(rows: [[String?]], changed: Int) {
        self.rows = rows
        self.changed = changed
    }
}

/// When to give up, on a clock that only goes forward.
private struct Deadline {
    private let end: Int

    init(milliseconds: Int32) {
        end = Self.now() + Int(milliseconds)
    }

    var left: Int32 { Int32(max(0, end - Self.now())) }

    private static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}

/// Whether the socket became ready before the deadline.
private func wait(_ socket: Int32, _ events: Int16, _ deadline: Deadline) -> Bool {
    guard socket >= 0 else { return true }
    while true {
        var entry = pollfd(fd: socket, events: events, revents: 0)
        let count = unsafe poll(&entry, 1, deadline.left)
        if count > 0 { return true }
        if count < 0, errno == EINTR { continue }
        return false
    }
}

/// The kind of a failure to connect; libpq's own text names hosts and users.
private func connectionFailure(_ text: String) -> String {
    let kinds = [
        ("Connection refused", "nothing listens at the address of DB_URL"),
        ("No such file or directory", "nothing listens at the socket of DB_URL"),
        ("could not translate host name", "the host of DB_URL has no address"),
        ("password authentication failed", "the password of DB_URL is not accepted"),
        ("no password supplied", "DB_URL has no password and the server wants one"),
        ("no pg_hba.conf entry", "the server does not allow this connection"),
        ("does not exist", "the database or the user of DB_URL does not exist"),
        ("starting up", "the server is starting up"),
        ("shutting down", "the server is shutting down"),
        ("too many clients", "the server has no connections left"),
        ("remaining connection slots", "the server has no connections left"),
        ("timeout expired", "connecting took too long"),
        ("read-write", "the server takes no writes"),
        ("invalid", "DB_URL is not a connection string that libpq understands"),
    ]
    return kinds.first { text.contains($0.0) }?.1 ?? "the connection failed"
}

extension String {
    fileprivate func contains(_ part: String) -> Bool {
        let own = Array(utf8)
        let wanted = Array(part.utf8)
        guard own.count >= wanted.count else { return false }
        return (0...own.count - wanted.count).contains { own[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }
}
