import CPostgres
import Glibc

/// A connection to a server, used by one thread at a time.
///
/// Calls block. Each call has a timeout in milliseconds, so that an unresponsive server causes an error.
// Unchecked: each owner uses its connection from one thread at a time.
@safe package final class Connection: @unchecked Sendable {
    let handle: OpaquePointer

    /// Connects to a server.
    ///
    /// If the URL contains several hosts, the timeout applies to each of them. Host names are
    /// resolved by the system, whose own timeout applies.
    ///
    /// - Throws: `PostgresError` with the stage `.notSent`.
    package init(url: String, timeoutMilliseconds: Int32) throws(PostgresError) {
        let settings = connectionSettings(url, timeoutMilliseconds)
        let isOneHost = !hasSeveralHosts(url)
        let opened = unsafe withCStrings(settings.map(\.name) + [nil]) { names in
            unsafe withCStrings(settings.map(\.value) + [nil]) { values in
                // In a nonblocking connect, libpq only tries the next host after the previous one
                // has failed by itself. A blocking connect applies the timeout to each host.
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
                throw PostgresError(stage: .notSent, reason: "the connection timed out")
            }
            state = unsafe PQconnectPoll(handle)
        }
        guard unsafe PQstatus(handle) == CONNECTION_OK, unsafe PQsetnonblocking(handle, 1) == 0 else {
            let text = unsafe String(cString: PQerrorMessage(handle))
            throw PostgresError(stage: .notSent, reason: ConnectionError.reason(text))
        }
    }

    deinit { unsafe PQfinish(handle) }

    /// The process id that the server announced.
    ///
    /// A connection pooler announces an id that is not a process of the server.
    package var announcedPID: Int32 { unsafe PQbackendPID(handle) }

    /// Runs one or more statements without parameters.
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

    /// Runs one statement whose parameters share one buffer.
    ///
    /// If `row` is given, it receives each row as it arrives, and the rows are not collected; after
    /// it returns false, the remaining rows are discarded.
    package func query(
        _ call: Call,
        timeoutMilliseconds: Int32,
        row: ((Result) -> Bool)? = nil
    ) throws(PostgresError) -> Result {
        try ready()
        return try finish(send(call), timeoutMilliseconds, row: row)
    }

    /// Sends a statement without waiting for its result.
    ///
    /// - Returns: 1 when libpq accepted it.
    func send(_ call: Call) -> Int32 {
        let (buffer, parameters) = (call.buffer, call.parameters)
        let lengths = parameters.map { Int32($0.range?.count ?? 0) }
        let formats = parameters.map { $0.isBinary ? Int32(1) : 0 }
        let types = parameters.map { $0.type }
        return unsafe buffer.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe parameters.map { parameter in
                unsafe parameter.range.flatMap { range in unsafe base?.advanced(by: range.lowerBound) }
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

    /// Creates a prepared statement.
    package func prepare(_ name: String, _ sql: String, timeoutMilliseconds: Int32) throws(PostgresError) {
        try ready()
        _ = try finish(unsafe PQsendPrepare(handle, name, sql, 0, nil), timeoutMilliseconds)
    }

    /// Runs a prepared statement with binary parameters that share one buffer.
    ///
    /// - Parameters:
    ///   - name: The name of the prepared statement.
    ///   - buffer: The bytes of the parameters.
    ///   - ranges: The range of each parameter in `buffer`.
    ///   - timeoutMilliseconds: The timeout for the result.
    /// - Returns: The result.
    /// - Throws: `PostgresError`, whose stage indicates whether the statement may have been executed.
    package func run(
        _ name: String,
        _ buffer: [UInt8],
        _ ranges: [Range<Int>],
        timeoutMilliseconds: Int32
    ) throws(PostgresError) -> Result {
        try ready()
        let lengths = ranges.map { Int32($0.count) }
        let formats = [Int32](repeating: 1, count: ranges.count)
        let sent: Int32 = unsafe buffer.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = unsafe ranges.map { unsafe base?.advanced(by: $0.lowerBound) }
            return unsafe PQsendQueryPrepared(handle, name, Int32(ranges.count), values, lengths, formats, 0)
        }
        return try finish(sent, timeoutMilliseconds)
    }

    // MARK: - Waiting

    /// Checks, before a statement is sent, whether the server has closed the connection in the meantime.
    func ready() throws(PostgresError) {
        // The server's last message arrives before the end of the connection.
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
            // The server sends the result of a statement before it commits. If the connection ends
            // in between, it is unknown whether the statement was committed.
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
        PostgresError(stage: .unanswered, reason: "the server did not respond in time")
    }

    func error(_ result: OpaquePointer) -> PostgresError {
        let state =
            unsafe PQresultErrorField(result, 67 /* PG_DIAG_SQLSTATE, 'C' */).map { unsafe String(cString: $0) } ?? ""
        let message = unsafe PQresultErrorField(result, 77 /* PG_DIAG_MESSAGE_PRIMARY, 'M' */).map {
            unsafe String(cString: $0)
        }
        // An error without an SQLSTATE comes from libpq: the connection was lost while waiting for the result.
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

/// The libpq settings besides the URL.
///
/// libpq uses the last value of each setting: settings before `dbname` can be overridden by the
/// URL, settings after it cannot.
private func connectionSettings(_ url: String, _ timeoutMilliseconds: Int32) -> [(name: String?, value: String?)] {
    [
        ("fallback_application_name", "collector"),
        // Detects a peer that disappeared without closing the connection, both when idle and after data was sent.
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
