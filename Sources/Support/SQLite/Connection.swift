import CSQLite

/// A connection to a database file, used by one thread at a time.
///
/// Calls block.
// Unchecked: each owner uses its connection from one thread at a time, as the multi-thread mode of SQLite requires.
@safe package final class Connection: @unchecked Sendable {
    /// The step of a transaction that failed.
    package enum Step: Sendable {
        /// The write lock could not be acquired.
        case begin
        /// The body has been executed.
        ///
        /// After a disk error it is unknown whether the commit is durable.
        case commit
    }

    let handle: OpaquePointer
    /// Number of frames in the write-ahead log, written by SQLite's WAL hook.
    private let frames: UnsafeMutablePointer<Int32>
    /// Time of the monotonic clock, in milliseconds, at which statements are interrupted.
    private let deadline: UnsafeMutablePointer<Int64>

    /// Opens a database file, and creates it if it does not exist and `mayCreate` is true.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - busyMilliseconds: How long a statement waits for locks of other connections.
    ///   - mayCreate: Whether to create the file.
    /// - Throws: The error of SQLite when the file cannot be opened or created.
    package init(path: String, busyMilliseconds: Int32, mayCreate: Bool = true) throws(SQLiteError) {
        var opened: OpaquePointer?
        // Without a mutex, which SQLite would lock for each value that is read or bound.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
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

    /// Records `logPages` at each commit from now on, and disables automatic checkpoints.
    package func watchLog() {
        unsafe collector_sqlite_watch_log(handle, frames)
    }

    /// Keeps the write-ahead log when the connection is closed.
    package func keepLog() { unsafe collector_sqlite_keep_log(handle) }

    /// Pages in the write-ahead log after the last commit of this connection; 0 unless `watchLog` was called.
    package var logPages: Int { unsafe Int(frames.pointee) }

    /// Sets how long a statement waits for locks of other connections, in milliseconds.
    package func setBusy(milliseconds: Int32) {
        unsafe sqlite3_busy_timeout(handle, milliseconds)
    }

    /// Sets the time, in milliseconds from now, after which running statements are interrupted; nil removes the limit.
    package func setDeadline(milliseconds: Int32?) {
        guard let milliseconds else { return unsafe sqlite3_progress_handler(handle, 0, nil, nil) }
        unsafe collector_sqlite_limit(handle, deadline, Int64(milliseconds))
    }

    /// Executes statements without parameters and discards their rows.
    package func execute(_ sql: String) throws(SQLiteError) {
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Compiles a statement, which can be executed many times.
    ///
    /// - Throws: `SQLiteError` when the SQL is invalid or does not match the schema.
    package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var prepared: OpaquePointer?
        try check(unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil))
        guard let prepared = unsafe prepared else { throw SQLiteError(code: SQLITE_MISUSE, message: "empty statement") }
        return unsafe Statement(prepared, self)
    }

    /// Returns the rows of a query with text parameters as text.
    ///
    /// Not meant for hot paths.
    package func rows(_ sql: String, _ parameters: [String?] = []) throws(SQLiteError) -> [[String?]] {
        let statement = try prepare(sql)
        for (index, parameter) in parameters.enumerated() {
            try statement.bind(index + 1, parameter.map { Array($0.utf8) })
        }
        var rows: [[String?]] = []
        while try statement.step() { rows.append(statement.row) }
        return rows
    }

    /// Returns the number in the first column of the first row; nil when there is none.
    package func number(_ sql: String, _ parameters: [String?] = []) throws(SQLiteError) -> Int64? {
        try rows(sql, parameters).first.flatMap { $0[0] }.flatMap { Int64($0) }
    }

    /// Runs the body in a transaction, which is rolled back when the body throws.
    ///
    /// By default the transaction acquires the write lock at its start. `convert` creates the error
    /// thrown when `begin` or `commit` fails.
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
        // An error needs no handling: SQLite has already rolled back, or the connection is discarded.
        _ = unsafe sqlite3_exec(handle, "rollback", nil, nil, nil)
    }

    /// The row id of the last insert.
    package var lastInsertID: Int64 { unsafe sqlite3_last_insert_rowid(handle) }
    /// The number of rows changed by the last statement.
    package var changes: Int { unsafe Int(sqlite3_changes64(handle)) }

    /// Whether the file at the path is no longer the open one, because it was removed, renamed or replaced.
    package var hasMoved: Bool {
        var moved: Int32 = 0
        return unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0
    }

    /// The number of times that bytes occur in the database file and its write-ahead log, in pages of any kind.
    ///
    /// Bytes that are split between two pages are not found.
    package func occurrences(of bytes: [UInt8]) throws(SQLiteError) -> Int {
        guard !bytes.isEmpty else { return 0 }
        // The first read opens the log.
        _ = try number("select count(*) from sqlite_master")
        var sum = 0
        for isLog in [Int32(0), 1] {
            let found = unsafe collector_sqlite_occurrences(handle, isLog, bytes, Int32(bytes.count))
            guard found >= 0 else { throw SQLiteError(code: SQLITE_IOERR, message: "cannot read the file") }
            sum += Int(found)
        }
        return sum
    }

    func check(_ code: Int32) throws(SQLiteError) {
        guard code != SQLITE_OK, code != SQLITE_ROW, code != SQLITE_DONE else { return }
        throw SQLiteError(code: code, message: unsafe String(cString: sqlite3_errmsg(handle)))
    }
}
