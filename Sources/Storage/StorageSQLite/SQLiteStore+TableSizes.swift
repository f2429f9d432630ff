import SQLite
package import Storage

extension SQLiteStore {
    /// Milliseconds for counting the rows of a table, and for measuring it: both read all its pages.
    private static let measureMilliseconds: Int32 = 5000

    package var diskFree: Int64? { exists ? freeDiskBytes(path) : nil }

    package func tableSizes(_ names: Set<String>) throws(StoreError) -> [String: TableSize] {
        guard exists else { return [:] }
        let connection = try open()
        return try guarded { () throws(SQLiteError) in
            let tables = try connection.rows("select name from sqlite_master where type = 'table'").compactMap { $0[0] }
            var sizes: [String: TableSize] = [:]
            for table in tables where names.contains(table) { sizes[table] = try size(of: table, connection) }
            return sizes
        }
    }

    private func size(of table: String, _ connection: Connection) throws(SQLiteError) -> TableSize {
        let counted = try limited(connection, "select count(*) from \"\(table)\"")
        var rows = counted
        // Ids of rows increase; a table without them is small.
        if rows == nil { rows = try limited(connection, "select max(rowid) - min(rowid) + 1 from \"\(table)\"") }
        let measured = try limited(
            connection,
            """
            select coalesce(sum(pgsize), 0) from dbstat
            where aggregate = true and name in (select name from sqlite_master where tbl_name = ?1)
            """,
            [table]
        )
        var bytes = measured
        if bytes == nil {
            bytes = try connection.number("select page_count * page_size from pragma_page_count, pragma_page_size")
        }
        return TableSize(rows: rows ?? 0, isCounted: counted != nil, bytes: bytes ?? 0, isMeasured: measured != nil)
    }

    /// The number that a query returns; nil when it takes too long, or this SQLite lacks what it reads.
    private func limited(
        _ connection: Connection,
        _ sql: String,
        _ parameters: [String?] = []
    ) throws(SQLiteError) -> Int64? {
        connection.setDeadline(milliseconds: Self.measureMilliseconds)
        defer { connection.setDeadline(milliseconds: nil) }
        do throws(SQLiteError) {
            return try connection.number(sql, parameters)
        } catch {
            guard error.isInterrupted || error.isGeneral else { throw error }
            return nil
        }
    }
}
