import Storage

/// A connection that notes the largest number of events that a query has counted.
final class CountRecorder: Storage.Database, @unchecked Sendable {
    private let base: any Storage.Database
    /// Unchecked above: a test uses it on one thread.
    private(set) var largest: Int64 = 0

    init(_ base: any Storage.Database) { self.base = base }

    var dialect: SQLDialect { base.dialect }
    var hasSnapshots: Bool { true }
    var rowsOfNextRead: Int {
        get { base.rowsOfNextRead }
        set { base.rowsOfNextRead = newValue }
    }

    func rows(_ sql: String, _ parameters: [SQLValue], milliseconds: Int32) throws(StoreError) -> [[SQLValue]] {
        let rows = try base.rows(sql, parameters, milliseconds: milliseconds)
        if sql.contains("count(*)"), sql.contains("collector_events"), let count = rows.first?.first?.integer {
            largest = max(largest, count)
        }
        return rows
    }

    func stream(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: ([SQLValue]) -> Bool
    ) throws(StoreError) { try base.stream(sql, parameters, milliseconds: milliseconds, take) }

    func change(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> Int { try base.change(sql, parameters) }

    func transaction(
        ifChanged guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool { try base.transaction(ifChanged: guardSQL, parameters, body) }

    func shadow(_ tables: [String]) throws(StoreError) -> String { try base.shadow(tables) }
    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) { try base.snapshot(body) }
    func settledEventID() throws(StoreError) -> Int64 { try base.settledEventID() }
    func highestEventID() throws(StoreError) -> Int64 { try base.highestEventID() }
    func openWriters() throws(StoreError) -> [OpenWriter] { try base.openWriters() }
}
