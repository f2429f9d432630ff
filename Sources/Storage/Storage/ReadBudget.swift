/// Rows of a query that were read within a budget of bytes.
package struct BoundedRows: Sendable {
    package var rows: [[SQLValue]]
    /// Whether there may be more rows, since reading stopped at a limit of rows, of bytes or of time.
    package var isCut: Bool
}

/// The limits of everything that reads payloads back.
package enum ReadBudget {
    /// Bytes of the rows of one query, the last of which may go beyond it.
    package static let bytesMax = 4 << 20
    /// Characters of one JSON value as text; PostgreSQL may hold older values that take far more than were sent.
    package static let valueCharactersMax = 4 << 20
    /// Rows of the first read of a connection, and of one read.
    package static let rowsAtFirst = 64
    package static let rowsMax = 4096
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

extension Database {
    /// Reads rows until there are `limit` of them or they hold more than a number of bytes: at least one when there is one.
    ///
    /// The query has no limit of its own; it must go on behind any row. A time limit that is over after some rows cuts the rest off in the
    /// same way; before the first row it is an error.
    package func bounded(
        _ sql: String,
        _ parameters: [SQLValue],
        limit: Int64,
        milliseconds: Int32,
        bytesMax: Int = ReadBudget.bytesMax
    ) throws(StoreError) -> BoundedRows {
        var result = BoundedRows(rows: [], isCut: false)
        var bytes = 0
        let rowsMax = min(Int(limit), rowsOfNextRead)
        do throws(StoreError) {
            let limited = sql + " limit ?\(parameters.count + 1)"
            try stream(limited, parameters + [.integer(Int64(rowsMax))], milliseconds: milliseconds) { row in
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
        let count = result.rows.count
        if result.isCut {
            rowsOfNextRead = max(1, count)
        } else if count >= rowsMax {
            result.isCut = true
            if bytes < bytesMax / 2, rowsMax == rowsOfNextRead {
                rowsOfNextRead = min(2 * rowsMax, ReadBudget.rowsMax)
            }
        }
        return result
    }
}
