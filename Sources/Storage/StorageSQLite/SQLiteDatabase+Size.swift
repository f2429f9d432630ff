import Glibc
import SQLite
import Storage

extension SQLiteDatabase {
    func storageSize() throws(StoreError) -> StorageSize {
        func number(_ sql: String) throws(StoreError) -> Int64 { try rows(sql, []).first?.first?.integer ?? 0 }
        let page = try number("pragma page_size")
        var size = StorageSize()
        size.reusable = try number("pragma freelist_count") * page
        let figures = try number("select coalesce(sum(length(data) + 40), 0) from segment_columns")
        size.figures = figures + 40 * (try number("select visitors from insight_position where id = 1"))
        size.submissions = try number(Self.estimate("debug_data", SampledColumns.submissions, overhead: 120))
        let all = try number("pragma page_count") * page
        size.events = max(0, all - size.figures - size.submissions)
        let columns = Self.lengths(SampledColumns.events)
        size.bytesPerEvent = try number(
            "select coalesce(cast(avg(\(columns)) as integer) + 250, 0) "
                + "from (select * from collector_events order by id desc limit \(SampledColumns.rows))"
        )
        size.diskFree = diskFree()
        return size
    }

    private static func lengths(_ columns: [String]) -> String {
        columns.map { "coalesce(length(\($0)), 0)" }.joined(separator: " + ")
    }

    /// The average length of the latest rows times the number of rows, by their ids.
    private static func estimate(_ table: String, _ columns: [String], overhead: Int) -> String {
        """
        select coalesce(cast(avg(\(lengths(columns)) + \(overhead)) as integer), 0)
            * (select coalesce(max(id) - min(id) + 1, 0) from \(table))
        from (select * from \(table) order by id desc limit \(SampledColumns.rows))
        """
    }

    /// The write-ahead log counts as free: it is emptied, and must not cost events.
    private func diskFree() -> Int64? {
        var log = stat()
        let logBytes = stat(path + "-wal", &log) == 0 ? Int64(log.st_size) : 0
        return freeDiskBytes(path).map { $0 + logBytes }
    }

    /// Pages returned in one call, and pages that are kept for the next rows.
    private static let returnedPagesMax = 512
    private static let keptPages: Int64 = 4096

    func returnSpace() throws(StoreError) -> Int64 {
        func number(_ sql: String) throws(StoreError) -> Int64 { try rows(sql, []).first?.first?.integer ?? 0 }
        let before = try number("pragma freelist_count")
        guard before > Self.keptPages else { return 0 }
        _ = try rows("pragma incremental_vacuum(\(Self.returnedPagesMax))", [])
        log.enforce(connection)
        return max(0, before - (try number("pragma freelist_count"))) * (try number("pragma page_size"))
    }
}
