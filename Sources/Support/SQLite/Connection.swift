import CSQLite

/// A connection to a database file; used by one thread at a time.
// Unchecked: SQLite is opened in serialized mode, and each owner keeps its connection to one thread at a time besides.
@safe package final class Connection: @unchecked Sendable {
    /// A step of a transaction that failed.
    package enum Step: Sendable {
        /// The write lock was not given.
        case begin
        /// The body has been carried out; whether it is in the file is not known when this fails on the disk.
        case commit
    }

    private let handle: OpaquePointer
    /// Where SQLite notes the frames in the write-ahead log.
    private let frames: UnsafeMutablePointer<Int32>
    /// Milliseconds of the monotonic clock at which statements are interrupted.
    private let deadline: UnsafeMutablePointer<Int64>

    /// Opens the file; makes it when it is not there and `mayCreate` says so.
    package init(path: String, busyMilliseconds: Int32, mayCreate: Bool = true) throws(SQLiteError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE
        let code = unsafe sqlite3_open_v2(path, &opened, mayCreate ? flags | SQLITE_OPEN_CREATE : flags, nil)
        guard let opened = unsafe opened else { throw SQLiteError(code: code, message: "out of memory") }
        guard code == SQLITE_OK else {
            let message = unsafe String(cString: sqlite3_errmsg(opened))
            unsafe sqlite3_close_v2(opened)
            throw SQLiteError(code: code, message: message)
        }
        unsafe handle = opened
        unsafe frames = .allocate(capacity: 1)
        unsafe frames.initialize(to: 0)
        unsafe deadline = .allocate(capacity: 1)
        unsafe deadline.initialize(to: 0)
        setBusy(milliseconds: busyMilliseconds)
    }

    deinit {
        unsafe sqlite3_wal_hook(handle, nil, nil)
        unsafe sqlite3_close_v2(handle)
        unsafe frames.deallocate()
        unsafe deadline.deallocate()
    }

    /// From now on `logPages` is noted at each commit, and nothing is moved out of the log without being asked for.
    package func watchLog() {
        unsafe collector_sqlite_watch_log(handle, frames)
    }

    /// Leaves the write-ahead log where it is when the connection is closed.
    package func keepLog() { unsafe collector_sqlite_keep_log(handle) }

    /// Pages in the write-ahead log after the last commit of this connection, if the log is watched.
    package var logPages: Int { unsafe Int(frames.pointee) }

    /// Sets how long a statement waits for locks of other connections.
    package func setBusy(milliseconds: Int32) {
        unsafe sqlite3_busy_timeout(handle, milliseconds)
    }

    /// Statements that run beyond this moment are interrupted; nil takes the limit away.
    package func setDeadline(milliseconds: Int32?) {
        guard let milliseconds else { return unsafe sqlite3_progress_handler(handle, 0, nil, nil) }
        unsafe collector_sqlite_limit(handle, deadline, Int64(milliseconds))
    }

    /// Runs statements without parameters or results.
    package func execute(_ sql: String) throws(SQLiteError) {
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var prepared: OpaquePointer?
        try check(unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
        guard let prepared = unsafe prepared else { throw SQLiteError(code: SQLITE_MISUSE, message: "empty statement") }
        return unsafe Statement(prepared, self)
    }

    /// Rows of text of a query with text parameters; for the few places that read.
    package func rows(_ sql: String, _ parameters: [String?] = []) throws(SQLiteError) -> [[String?]] {
        let statement = try prepare(sql)
        for (index, parameter) in parameters.enumerated() {
            try statement.bind(index + 1, parameter.map { Array($0.utf8) })
        }
        var rows: [[String?]] = []
        while try statement.step() { rows.append(statement.row) }
        return rows
    }

    /// The number in the first column of a query's first row; nil when there is none.
    package func number(_ sql: String, _ parameters: [String?] = []) throws(SQLiteError) -> Int64? {
        try rows(sql, parameters).first.flatMap { $0[0] }.flatMap { Int64($0) }
    }

    /// Runs the body in a transaction, which an error undoes whole; as it is begun by default, it holds the write lock from its start.
    package func transaction<Failure: Error>(
        begin: String = "begin immediate",
        _ body: () throws(Failure) -> Void,
        _ convert: (SQLiteError, Step) -> Failure
    ) throws(Failure) {
        do { try execute(begin) } catch { throw convert(error, .begin) }
        do {
            try body()
        } catch {
            rollback()
            throw error
        }
        do {
            try execute("commit")
        } catch {
            rollback()
            throw convert(error, .commit)
        }
    }

    private func rollback() {
        // Nothing to do about a failure: SQLite has rolled back by itself, or the connection is thrown away.
        _ = unsafe sqlite3_exec(handle, "rollback", nil, nil, nil)
    }

    /// The id of the row that was inserted last.
    package var lastInsertID: Int64 { unsafe sqlite3_last_insert_rowid(handle) }
    /// Rows changed by the last statement.
    package var changes: Int { unsafe Int(sqlite3_changes64(handle)) }

    /// Whether the file that is open is no longer the one at its path: it was removed, renamed or replaced.
    package var hasMoved: Bool {
        var moved: Int32 = 0
        return unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0
    }

    func check(_ code: Int32) throws(SQLiteError) {
        guard code != SQLITE_OK, code != SQLITE_ROW, code != SQLITE_DONE else { return }
        throw SQLiteError(code: code, message: unsafe String(cString: sqlite3_errmsg(handle)))
    }
}
