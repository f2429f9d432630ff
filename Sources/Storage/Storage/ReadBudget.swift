/// The rows of a query that was limited to a number of bytes.
package struct BoundedRows: Sendable {
    package var rows: [[SQLValue]]
    /// Whether there may be more rows, because a limit of rows, bytes or time was reached.
    package var isCut: Bool
}

/// The limits for queries that read payloads.
package enum ReadBudget {
    /// The maximum number of bytes of the rows of a query.
    ///
    /// The last row may exceed it.
    package static let bytesMax = 4 << 20
    /// The maximum number of characters of a JSON value's text.
    ///
    /// PostgreSQL may contain older values that are much longer than what was sent.
    package static let valueCharactersMax = 4 << 20
    /// The maximum number of rows of a connection's first read, and of any read.
    package static let rowsAtFirst = 64
    package static let rowsMax = 4096
    /// Bytes that a value uses in memory in addition to its text.
    fileprivate static let valueOverheadBytes = 32

    /// The memory used by a row, in bytes.
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
    /// Reads rows until a limit of rows or bytes is reached; at least one row, if there is one.
    ///
    /// The query must have no `limit` clause and must be resumable after any row. If the timeout, in milliseconds,
    /// expires after some rows, those are returned; before the first row, it throws `.queryTimeout`.
    package func bounded(
        _ sql: String,
        _ parameters: [SQLValue],
        limit: Int64,
        milliseconds: Int32,
        bytesMax: Int = ReadBudget.bytesMax
    ) throws(StoreError) -> BoundedRows {
        var rows: [[SQLValue]] = []
        let isCut = try streamBounded(
            sql,
            parameters,
            limit: limit,
            milliseconds: milliseconds,
            bytesMax: bytesMax
        ) { row in rows.append(row) }
        return BoundedRows(rows: rows, isCut: isCut)
    }

    /// Like `bounded`, but passes each row on as it arrives, so that only one row is in memory.
    ///
    /// - Returns: Whether there may be more rows, because a limit was reached.
    package func streamBounded(
        _ sql: String,
        _ parameters: [SQLValue],
        limit: Int64,
        milliseconds: Int32,
        bytesMax: Int = ReadBudget.bytesMax,
        _ take: ([SQLValue]) -> Void
    ) throws(StoreError) -> Bool {
        var (count, bytes, isCut) = (0, 0, false)
        let rowsMax = min(Int(limit), rowsOfNextRead)
        do throws(StoreError) {
            let limited = sql + " limit ?\(parameters.count + 1)"
            try stream(limited, parameters + [.integer(Int64(rowsMax))], milliseconds: milliseconds) { row in
                guard bytes < bytesMax else {
                    isCut = true
                    return false
                }
                bytes += ReadBudget.bytes(row)
                count += 1
                take(row)
                return true
            }
        } catch {
            guard error == .queryTimeout, count > 0 else { throw error }
            isCut = true
        }
        if isCut {
            rowsOfNextRead = max(1, count)
        } else if count >= rowsMax {
            isCut = true
            if bytes < bytesMax / 2, rowsMax == rowsOfNextRead {
                rowsOfNextRead = min(2 * rowsMax, ReadBudget.rowsMax)
            }
        }
        return isCut
    }
}
