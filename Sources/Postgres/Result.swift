import CPostgres

/// The outcome of a statement, its rows copied as text.
package struct Result: Sendable {
    package let rows: [[String?]]
    /// Rows that the statement changed.
    package let changed: Int
    /// Object ids of the columns' types.
    package let types: [UInt32]

    /// `knownTypes` are those of the columns when an earlier row of the same statement has shown them.
    init(_ result: OpaquePointer, knownTypes: [UInt32]? = nil) {
        let columns = unsafe PQnfields(result)
        rows = unsafe (0..<PQntuples(result)).map { row in
            (0..<columns).map { column in
                guard unsafe PQgetisnull(result, row, column) == 0, let text = unsafe PQgetvalue(result, row, column)
                else {
                    return nil
                }
                return unsafe String(cString: text)
            }
        }
        types = knownTypes ?? (0..<columns).map { unsafe PQftype(result, $0) }
        changed = unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
    }
}
