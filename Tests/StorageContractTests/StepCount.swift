import CSQLite
import Storage

/// A query with its parameters.
struct RecordedQuery {
    let sql: String
    let parameters: [SQLValue]

    /// Counts the instructions that SQLite runs for the query: an amount of work that does not depend on the machine.
    ///
    /// - Parameter path: the database's file.
    /// - Returns: the number of instructions.
    /// - Throws: `RawError` if SQLite does not accept the query.
    func steps(path: String) throws -> Int {
        var handle: OpaquePointer?
        var statement: OpaquePointer?
        defer {
            sqlite3_finalize(statement)
            sqlite3_close(handle)
        }
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, nil) == SQLITE_OK,
            sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK
        else { throw RawError(description: "not a query: \(sql)") }
        for (index, value) in parameters.enumerated() { bind(value, Int32(index + 1), statement) }
        while sqlite3_step(statement) == SQLITE_ROW {}
        return Int(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0))
    }

    private func bind(_ value: SQLValue, _ index: Int32, _ statement: OpaquePointer?) {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .integer(let number): sqlite3_bind_int64(statement, index, number)
        case .real(let number): sqlite3_bind_double(statement, index, number)
        case .text(let text):
            _ = Array(text.utf8).withUnsafeBytes {
                collector_sqlite_bind_copy(statement, index, $0.baseAddress, Int32($0.count))
            }
        case .blob(let bytes):
            _ = bytes.withUnsafeBytes {
                collector_sqlite_bind_blob(statement, index, $0.baseAddress, Int32($0.count))
            }
        }
    }
}
