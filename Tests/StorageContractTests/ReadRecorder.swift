import Storage

/// A connection that notes how many events its queries have counted and read at most.
final class ReadRecorder: Storage.Database, @unchecked Sendable {
    private let base: any Storage.Database
    // Unchecked above: a test uses it on one thread.
    /// Events that one query counted.
    private(set) var largestCount: Int64 = 0
    /// Events that one query read.
    private(set) var largestRead = 0

    init(_ base: any Storage.Database) { self.base = base }

    var dialect: SQLDialect { base.dialect }
    var hasSnapshots: Bool { base.hasSnapshots }
    var rowsOfNextRead: Int {
        get { base.rowsOfNextRead }
        set { base.rowsOfNextRead = newValue }
    }

    func rows(_ sql: String, _ parameters: [SQLValue], milliseconds: Int32) throws(StoreError) -> [[SQLValue]] {
        let rows = try base.rows(sql, parameters, milliseconds: milliseconds)
        if sql.contains("count(*)"), sql.contains("collector_events"), let count = rows.first?.first?.integer {
            largestCount = max(largestCount, count)
        }
        return rows
    }

    func stream(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: ([SQLValue]) -> Bool
    ) throws(StoreError) {
        var count = 0
        try base.stream(sql, parameters, milliseconds: milliseconds) { row in
            count += 1
            return take(row)
        }
        if sql.contains("from collector_events") { largestRead = max(largestRead, count) }
    }

    func change(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> Int { try base.change(sql, parameters) }

    func transaction(
        ifChanged guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool { try base.transaction(ifChanged: guardSQL, parameters, body) }

    func makeTemporaryCopies(_ tables: [String]) throws(StoreError) -> String { try base.makeTemporaryCopies(tables) }
    func savepoint(_ body: () throws(StoreError) -> Void) throws(StoreError) { try base.savepoint(body) }
    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) { try base.snapshot(body) }
    func committedHighWaterMark() throws(StoreError) -> Int64 { try base.committedHighWaterMark() }
    func highestEventID() throws(StoreError) -> Int64 { try base.highestEventID() }
    func openWriters() throws(StoreError) -> [OpenWriter] { try base.openWriters() }

    func storageSize() throws(StoreError) -> StorageSize { try base.storageSize() }

    func returnSpace() throws(StoreError) -> Int64 { try base.returnSpace() }
}
