/// Rows of a query that were read within a budget of bytes.
package struct BoundedRows: Sendable {
    package var rows: [[SQLValue]]
    /// Whether reading stopped before the last row of the query, because of the budget or of the time limit.
    package var isCut: Bool
}

/// The limits of everything that reads payloads back.
package enum ReadBudget {
    /// Bytes of the rows of one query, the last of which may go beyond it.
    package static let bytesMax = 4 << 20
    /// Characters of one JSON value as text; PostgreSQL may hold older values that take far more than were sent.
    package static let valueCharactersMax = 4 << 20
    /// Bytes that a value takes besides its text.
    fileprivate static let valueOverheadBytes = 32

    /// Bytes that a row takes in memory.
    package static func bytes(_ row: [SQLValue]) -> Int {
        row.reduce(0) { sum, value in
            switch value {
            case .text(let text): sum + text.utf8.count + valueOverheadBytes
            case .blob(let bytes): sum + bytes.count + valueOverheadBytes
            case .null, .integer, .real: sum + valueOverheadBytes
            }
        }
    }
}

extension StoreError {
    /// A query that its time limit ended; the connection can go on.
    package static let queryTimeout = StoreError.unavailable(reason: "the query took too long")
}

extension Database {
    /// Reads rows until they hold more than a number of bytes: at least one when there is one.
    ///
    /// A time limit that is over after some rows cuts the rest off in the same way; before the first row it is an error.
    package func bounded(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        bytesMax: Int = ReadBudget.bytesMax
    ) throws(StoreError) -> BoundedRows {
        var result = BoundedRows(rows: [], isCut: false)
        var bytes = 0
        do throws(StoreError) {
            try stream(sql, parameters, milliseconds: milliseconds) { row in
                guard bytes < bytesMax else {
                    result.isCut = true
                    return false
                }
                bytes += ReadBudget.bytes(row)
                result.rows.append(row)
                return true
            }
        } catch {
            guard error == .queryTimeout, !result.rows.isEmpty else { throw error }
            result.isCut = true
        }
        return result
    }
}
