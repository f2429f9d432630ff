import Storage

/// A connection that notes how many events its queries have counted and read at most, and that can read few at a time or
/// fail.
final class ReadRecorder: Storage.Database, @unchecked Sendable {
    private let base: any Storage.Database
    // Unchecked above: a test uses it on one thread.
    /// Events that one query counted.
    private(set) var largestCount: Int64 = 0
    /// Events that one query read.
    private(set) var largestRead = 0

    private(set) var queries: [RecordedQuery] = []

    private let rowsOfRead: Int?
    private let readsMax: Int
    private var reads = 0

    /// `rowsOfRead` limits the rows of a query; after `readsMax` queries for events, the next ones fail.
    init(_ base: any Storage.Database, rowsOfRead: Int? = nil, readsMax: Int = .max) {
        (self.base, self.rowsOfRead, self.readsMax) = (base, rowsOfRead, readsMax)
    }

    var dialect: SQLDialect { base.dialect }
    var hasSnapshots: Bool { base.hasSnapshots }
    var hasSharedSnapshots: Bool { base.hasSharedSnapshots }
    var rowsOfNextRead: Int {
        get { rowsOfRead ?? base.rowsOfNextRead }
        set { base.rowsOfNextRead = newValue }
    }

    func rows(_ sql: String, _ parameters: [SQLValue], milliseconds: Int32) throws(StoreError) -> [[SQLValue]] {
        queries.append(RecordedQuery(sql: sql, parameters: parameters))
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
        queries.append(RecordedQuery(sql: sql, parameters: parameters))
        var count = 0
        if sql.contains("from collector_events") { reads += 1 }
        guard reads <= readsMax else { throw .unavailable(reason: "the connection was lost") }
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
    func snapshot(
        with other: any Storage.Database,
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) { try base.snapshot(with: other, body) }
    func committedHighWaterMark() throws(StoreError) -> Int64 { try base.committedHighWaterMark() }
    func highestEventID() throws(StoreError) -> Int64 { try base.highestEventID() }
    func openWriters() throws(StoreError) -> [OpenWriter] { try base.openWriters() }

    func storageSize() throws(StoreError) -> StorageSize { try base.storageSize() }

    func returnSpace() throws(StoreError) -> Int64 { try base.returnSpace() }
}
