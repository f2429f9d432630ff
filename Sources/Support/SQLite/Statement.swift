import CSQLite

/// A prepared statement of a connection.
// Unchecked: only used by the thread that uses the connection.
@safe package final class Statement: @unchecked Sendable {
    private let handle: OpaquePointer
    private let connection: Connection

    init(_ handle: OpaquePointer, _ connection: Connection) {
        unsafe self.handle = handle
        self.connection = connection
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Executes one step.
    ///
    /// - Returns: Whether a row is available.
    package func step() throws(SQLiteError) -> Bool {
        let code = unsafe sqlite3_step(handle)
        try connection.check(code)
        return code == SQLITE_ROW
    }

    /// Resets the statement, so that it can be executed again.
    package func reset() {
        unsafe sqlite3_reset(handle)
    }

    /// Binds a copy of UTF-8 text; nil binds NULL.
    package func bind(_ index: Int, _ text: [UInt8]?) throws(SQLiteError) {
        guard let text else { return try connection.check(unsafe sqlite3_bind_null(handle, Int32(index))) }
        try connection.check(unsafe collector_sqlite_bind_copy(handle, Int32(index), text, Int32(text.count)))
    }

    /// Binds an integer.
    ///
    /// Parameters are numbered from 1.
    package func bind(_ index: Int, _ number: Int64) throws(SQLiteError) {
        try connection.check(unsafe sqlite3_bind_int64(handle, Int32(index), number))
    }

    /// Binds a copy of the bytes as a blob; nil binds NULL.
    package func bind(_ index: Int, blob: [UInt8]?) throws(SQLiteError) {
        guard let blob else { return try connection.check(unsafe sqlite3_bind_null(handle, Int32(index))) }
        try connection.check(unsafe collector_sqlite_bind_blob(handle, Int32(index), blob, Int32(blob.count)))
    }

    /// Binds a floating-point number.
    package func bind(_ index: Int, real number: Double) throws(SQLiteError) {
        try connection.check(unsafe sqlite3_bind_double(handle, Int32(index), number))
    }

    package var columnsCount: Int { unsafe Int(sqlite3_column_count(handle)) }

    /// The value of a column of the current row.
    package enum Value {
        case null
        case integer(Int64)
        case real(Double)
        case text(String)
        case blob([UInt8])
    }

    /// The value of a column of the current row.
    ///
    /// Columns are numbered from 0.
    package func value(_ column: Int) -> Value {
        switch unsafe sqlite3_column_type(handle, Int32(column)) {
        case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(handle, Int32(column)))
        case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(handle, Int32(column)))
        case SQLITE_TEXT:
            guard let text = unsafe sqlite3_column_text(handle, Int32(column)) else { return .null }
            let count = unsafe Int(sqlite3_column_bytes(handle, Int32(column)))
            return .text(unsafe String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
        case SQLITE_BLOB: return .blob(blob(column) ?? [])
        default: return .null
        }
    }

    /// Executes the statement and resets it.
    package func run() throws(SQLiteError) {
        defer { reset() }
        _ = try step()
    }

    /// An integer of the current row; nil for NULL.
    package func number(_ column: Int) -> Int64? {
        guard unsafe sqlite3_column_type(handle, Int32(column)) != SQLITE_NULL else { return nil }
        return unsafe sqlite3_column_int64(handle, Int32(column))
    }

    /// The bytes of a blob of the current row; nil for NULL.
    package func blob(_ column: Int) -> [UInt8]? {
        guard unsafe sqlite3_column_type(handle, Int32(column)) != SQLITE_NULL else { return nil }
        let count = unsafe Int(sqlite3_column_bytes(handle, Int32(column)))
        guard count > 0, let bytes = unsafe sqlite3_column_blob(handle, Int32(column)) else { return [] }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// Executes the statement with ranges of a buffer as its text parameters, without copying them, and resets it.
    ///
    /// `texts` are the parameter indices and their ranges in `buffer`; a nil range binds NULL.
    package func run(_ buffer: [UInt8], texts: [(index: Int, range: Range<Int>?)]) throws(SQLiteError) {
        let code: Int32 = unsafe buffer.withUnsafeBytes { bytes in
            for (index, range) in texts {
                let code: Int32
                if let range {
                    let start = unsafe bytes.baseAddress.map { unsafe $0 + range.lowerBound }
                    code = unsafe collector_sqlite_bind_text(handle, Int32(index), start, Int32(range.count))
                } else {
                    code = unsafe sqlite3_bind_null(handle, Int32(index))
                }
                guard code == SQLITE_OK else { return code }
            }
            return unsafe sqlite3_step(handle)
        }
        // Reset in any case: the statement must be ready for the next record, even after an error.
        defer { reset() }
        try connection.check(code)
    }

    /// The columns of the current row as text; nil for NULL.
    package var row: [String?] {
        unsafe (0..<sqlite3_column_count(handle)).map { column in
            guard let text = unsafe sqlite3_column_text(handle, column) else { return nil }
            return unsafe String(cString: text)
        }
    }
}
