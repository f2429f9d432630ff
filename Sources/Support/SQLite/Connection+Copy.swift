import CSQLite

extension Connection {
    /// Copies all pages of this database over those of another one, in one transaction of the other, by SQLite's backup interface.
    ///
    /// Start a read transaction on this connection first: then the copy has its snapshot, and commits of other connections do not
    /// make it start over.
    ///
    /// - Parameters:
    ///   - target: A connection without an open transaction.
    ///   - pages: The number of pages of one step.
    ///   - shouldContinue: Called after each step with the number of copied pages and of all; returns false to stop.
    /// - Returns: Whether the copy is complete; otherwise, the target is unchanged.
    /// - Throws: The error of SQLite, after which the target is unchanged, too.
    package func copy(
        to target: Connection,
        pages: Int32,
        while shouldContinue: (_ done: Int64, _ total: Int64) -> Bool
    ) throws(SQLiteError) -> Bool {
        guard let copy = unsafe sqlite3_backup_init(target.handle, "main", handle, "main") else {
            let code = unsafe sqlite3_extended_errcode(target.handle)
            throw SQLiteError(code: code, message: unsafe String(cString: sqlite3_errmsg(target.handle)))
        }
        var code = SQLITE_OK
        var wasStopped = false
        while true {
            code = unsafe sqlite3_backup_step(copy, pages)
            guard code == SQLITE_OK else { break }
            let total = unsafe Int64(sqlite3_backup_pagecount(copy))
            let left = unsafe Int64(sqlite3_backup_remaining(copy))
            guard shouldContinue(total - left, total) else {
                wasStopped = true
                break
            }
        }
        // Before the last step, this rolls the transaction back.
        let end = unsafe sqlite3_backup_finish(copy)
        if wasStopped { return false }
        let failed = code == SQLITE_DONE ? end : code
        guard failed == SQLITE_OK else {
            throw SQLiteError(code: failed, message: unsafe String(cString: sqlite3_errstr(failed)))
        }
        return true
    }
}
