import CPostgres
import Glibc

/// A connection to a server; used by one thread at a time. Every call has a time limit, so that a server that hangs is an error.
// Unchecked: each owner keeps its connection to one thread at a time.
@safe package final class Connection: @unchecked Sendable {
    let handle: OpaquePointer

    /// Connects.
    ///
    /// A URL of several hosts is given the time for each of them. Names of hosts are looked up by the system, in the time that it
    /// takes for that.
    package init(url: String, timeoutMilliseconds: Int32) throws(PostgresError) {
        let settings = connectionSettings(url, timeoutMilliseconds)
        let isOneHost = !hasSeveralHosts(url)
        let opened = unsafe withCStrings(settings.map(\.name) + [nil]) { names in
            unsafe withCStrings(settings.map(\.value) + [nil]) { values in
                // Of a connection under way libpq turns to the next host only when the first has failed by itself; blocking it keeps
                // the time for each host.
                unsafe isOneHost ? PQconnectStartParams(names, values, 1) : PQconnectdbParams(names, values, 1)
            }
        }
        guard let handle = unsafe opened else { throw PostgresError(stage: .notSent, reason: "out of memory") }
        unsafe self.handle = handle
        unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
        let deadline = Deadline(milliseconds: timeoutMilliseconds)
        var state = isOneHost ? PGRES_POLLING_WRITING : PGRES_POLLING_OK
        while unsafe PQstatus(handle) != CONNECTION_BAD, state != PGRES_POLLING_OK, state != PGRES_POLLING_FAILED {
            let events = state == PGRES_POLLING_WRITING ? Int16(POLLOUT) : Int16(POLLIN)
            guard unsafe wait(PQsocket(handle), events, deadline) else {
                throw PostgresError(stage: .notSent, reason: "connecting took too long")
            }
            state = unsafe PQconnectPoll(handle)
        }
        guard unsafe PQstatus(handle) == CONNECTION_OK, unsafe PQsetnonblocking(handle, 1) == 0 else {
            let text = unsafe String(cString: PQerrorMessage(handle))
            throw PostgresError(stage: .notSent, reason: ConnectionError.reason(text))
        }
    }

    deinit { unsafe PQfinish(handle) }

    /// The process id that came with the connection; a pooler makes one up, which is no process of the server.
    package var announcedPID: Int32 { unsafe PQbackendPID(handle) }

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
        let sent = unsafe withCStrings(parameters) { values in
            unsafe PQsendQueryParams(handle, sql, Int32(parameters.count), nil, values, nil, nil, 0)
        }
        return try finish(sent, timeoutMilliseconds)
    }

    /// Runs one statement whose parameters lie in one buffer.
    ///
    /// With `row` each row is passed on as it arrives instead of being gathered; when it returns false, the rows that follow are discarded.
    package func query(
        _ call: Call,
        timeoutMilliseconds: Int32,
        row: ((Result) -> Bool)? = nil
    ) throws(PostgresError) -> Result {
        try ready()
        return try finish(send(call), timeoutMilliseconds, row: row)
    }

    /// Sends a statement without waiting for its result; 1 when libpq has taken it.
    func send(_ call: Call) -> Int32 {
        let (buffer, parameters) = (call.buffer, call.parameters)
        let lengths = parameters.map { Int32($0.place?.count ?? 0) }
        let formats = parameters.map { $0.isBinary ? Int32(1) : 0 }
        let types = parameters.map { $0.type }
        return unsafe buffer.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe parameters.map { parameter in
                unsafe parameter.place.flatMap { place in unsafe base?.advanced(by: place.lowerBound) }
            }
            return unsafe PQsendQueryParams(
                handle,
                call.sql,
                Int32(parameters.count),
                types,
                values,
                lengths,
                formats,
                call.wantsBinary ? 1 : 0
            )
        }
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
    func ready() throws(PostgresError) {
        // First come the server's last words, then the end.
        while unsafe PQstatus(handle) == CONNECTION_OK,
            unsafe wait(PQsocket(handle), Int16(POLLIN), Deadline(milliseconds: 0)),
            unsafe PQconsumeInput(handle) == 1
        {}
        guard unsafe PQstatus(handle) == CONNECTION_OK else {
            throw PostgresError(stage: .notSent, sqlState: "08006", reason: "the connection was lost")
        }
    }

    private func finish(
        _ sent: Int32,
        _ timeoutMilliseconds: Int32,
        row: ((Result) -> Bool)? = nil
    ) throws(PostgresError) -> Result {
        guard sent == 1 else {
            throw PostgresError(stage: .notSent, sqlState: "08006", reason: "the connection was lost")
        }
        var wantsRows = row != nil
        if wantsRows { _ = unsafe PQsetSingleRowMode(handle) }
        let deadline = Deadline(milliseconds: timeoutMilliseconds)
        var last: Result?
        var types: [UInt32]?
        var failure: PostgresError?
        do throws(PostgresError) {
            try flush(deadline)
            while let result = unsafe try nextResult(deadline) {
                switch unsafe PQresultStatus(result) {
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK: unsafe last = Result(result)
                case PGRES_SINGLE_TUPLE where wantsRows:
                    let single = unsafe Result(result, knownTypes: types)
                    types = single.types
                    wantsRows = row?(single) ?? false
                case PGRES_SINGLE_TUPLE: break
                case PGRES_EMPTY_QUERY: break
                default: if failure == nil { failure = unsafe error(result) }
                }
                unsafe PQclear(result)
            }
            guard unsafe PQstatus(handle) == CONNECTION_OK else { throw lost() }
        } catch {
            // The server sends the outcome of a statement before it commits; an end that comes in between leaves the commit open.
            guard last == nil, let failure else { throw error }
            throw failure
        }
        if let failure { throw failure }
        return last ?? Result.empty
    }

    func flush(_ deadline: Deadline) throws(PostgresError) {
        while true {
            let left = unsafe PQflush(handle)
            if left == 0 { return }
            guard left == 1 else { throw lost() }
            guard unsafe wait(PQsocket(handle), Int16(POLLOUT) | Int16(POLLIN), deadline) else { throw late() }
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
        }
    }

    func nextResult(_ deadline: Deadline) throws(PostgresError) -> OpaquePointer? {
        while unsafe PQisBusy(handle) == 1 {
            guard unsafe wait(PQsocket(handle), Int16(POLLIN), deadline) else { throw late() }
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
        }
        return unsafe PQgetResult(handle)
    }

    func lost() -> PostgresError {
        PostgresError(stage: .unanswered, sqlState: "08006", reason: "the connection was lost")
    }

    func late() -> PostgresError {
        PostgresError(stage: .unanswered, reason: "the server took too long to answer")
    }

    func error(_ result: OpaquePointer) -> PostgresError {
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
        binary = []
        self.changed = changed
        types = []
    }
}

/// What libpq is told besides the URL, which stands between what it may override and what it may not.
private func connectionSettings(_ url: String, _ timeoutMilliseconds: Int32) -> [(name: String?, value: String?)] {
    [
        ("fallback_application_name", "collector"),
        // A peer that is gone without a word is noticed while the connection is idle, and soon when something has been sent.
        ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
        ("tcp_user_timeout", "30000"),
        ("dbname", url),
        ("client_encoding", "UTF8"),
        ("connect_timeout", String(max(2, (timeoutMilliseconds + 999) / 1000))),
    ]
}

private func hasSeveralHosts(_ url: String) -> Bool {
    guard let options = unsafe PQconninfoParse(url, nil) else { return false }
    defer { unsafe PQconninfoFree(options) }
    var option = unsafe options
    while let keyword = unsafe option.pointee.keyword {
        let isHost = unsafe ["host", "hostaddr"].contains(String(cString: keyword))
        if isHost, let value = unsafe option.pointee.val, unsafe String(cString: value).contains(",") { return true }
        unsafe option += 1
    }
    return false
}

/// Calls the body with an array of C strings; nil becomes a null pointer.
private func withCStrings<Value>(
    _ texts: [String?],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value
) -> Value {
    var bytes: [CChar] = []
    var offsets: [Int?] = []
    for text in texts {
        offsets.append(text == nil ? nil : bytes.count)
        bytes += (text ?? "").utf8CString
    }
    return unsafe bytes.withUnsafeBufferPointer { buffer in
        let pointers = unsafe offsets.map { offset in
            unsafe offset.flatMap { unsafe buffer.baseAddress?.advanced(by: $0) }
        }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
}
