import CPostgres

/// The result of a statement.
///
/// Rows are copied as text, or as bytes if binary format was requested.
package struct Result: Sendable {
    /// The rows as text, nil for NULL; empty if binary format was requested.
    package let rows: [[String?]]
    /// The rows in binary format, nil for NULL; empty if text format was requested.
    package let binary: [[[UInt8]?]]
    /// The number of rows changed by the statement.
    package let changed: Int
    /// The object ids of the columns' types.
    package let types: [UInt32]

    /// Copies a result of libpq.
    ///
    /// `knownTypes` are the types of the columns, if an earlier row of the same statement contained them.
    init(_ result: OpaquePointer, knownTypes: [UInt32]? = nil) {
        let columns = unsafe PQnfields(result)
        let isBinary = unsafe columns > 0 && PQfformat(result, 0) == 1
        binary = isBinary ? unsafe Self.bytes(result, columns) : []
        rows =
            isBinary
            ? []
            : unsafe (0..<PQntuples(result)).map { row in
                (0..<columns).map { column in
                    guard unsafe PQgetisnull(result, row, column) == 0,
                        let text = unsafe PQgetvalue(result, row, column)
                    else {
                        return nil
                    }
                    return unsafe String(cString: text)
                }
            }
        types = knownTypes ?? (0..<columns).map { unsafe PQftype(result, $0) }
        changed = unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    private static func bytes(_ result: OpaquePointer, _ columns: Int32) -> [[[UInt8]?]] {
        unsafe (0..<PQntuples(result)).map { row in
            (0..<columns).map { column in
                guard unsafe PQgetisnull(result, row, column) == 0, let start = unsafe PQgetvalue(result, row, column)
                else { return nil }
                let length = unsafe Int(PQgetlength(result, row, column))
                return unsafe Array(UnsafeRawBufferPointer(start: start, count: length))
            }
        }
    }
}
