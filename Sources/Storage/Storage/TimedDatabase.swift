/// A database connection whose statements share one timeout, in addition to their own.
///
/// Used for all statements of one response.
// Unchecked: by the contract of `Database`, it is used by one thread at a time.
package final class TimedDatabase: Database, @unchecked Sendable {
    private let database: any Database
    private let deadline: ContinuousClock.Instant

    package init(_ database: any Database, milliseconds: Int32) {
        self.database = database
        deadline = .now + .milliseconds(Int(milliseconds))
    }

    package var dialect: SQLDialect { database.dialect }

    package var rowsOfNextRead: Int {
        get { database.rowsOfNextRead }
        set { database.rowsOfNextRead = newValue }
    }

    package func rows(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32
    ) throws(StoreError) -> [[SQLValue]] {
        try database.rows(sql, parameters, milliseconds: left(milliseconds))
    }

    package func stream(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: ([SQLValue]) -> Bool
    ) throws(StoreError) {
        try database.stream(sql, parameters, milliseconds: left(milliseconds), take)
    }

    package func streamBytes(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: (_ integers: [Int64], _ bytes: [UInt8]) -> Void
    ) throws(StoreError) {
        try database.streamBytes(sql, parameters, milliseconds: left(milliseconds), take)
    }

    package func change(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> Int {
        try database.change(sql, parameters)
    }

    package func transaction(
        ifChanged guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        try database.transaction(ifChanged: guardSQL, parameters, body)
    }

    package func makeTemporaryCopies(_ tables: [String]) throws(StoreError) -> String {
        try database.makeTemporaryCopies(tables)
    }

    package var hasSnapshots: Bool { database.hasSnapshots }

    package var hasSharedSnapshots: Bool { database.hasSharedSnapshots }

    package func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) { try database.snapshot(body) }

    package func snapshot(
        with other: any Database,
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) { try database.snapshot(with: other, body) }

    package func savepoint(_ body: () throws(StoreError) -> Void) throws(StoreError) { try database.savepoint(body) }

    package func committedHighWaterMark() throws(StoreError) -> Int64 { try database.committedHighWaterMark() }

    package func highestEventID() throws(StoreError) -> Int64 { try database.highestEventID() }

    package func openWriters() throws(StoreError) -> [OpenWriter] { try database.openWriters() }

    package func storageSize() throws(StoreError) -> StorageSize { try database.storageSize() }

    package func returnSpace() throws(StoreError) -> Int64 { try database.returnSpace() }

    /// The timeout of a statement in milliseconds: its own, or the rest of the shared one.
    private func left(_ milliseconds: Int32) throws(StoreError) -> Int32 {
        let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        guard left >= 1 else { throw .queryTimeout }
        // Rounded to few different values, because PostgreSQL needs an extra statement for each
        // change of the timeout.
        if left >= Double(milliseconds) { return milliseconds }
        return max(Self.stepMilliseconds, Int32(left) / Self.stepMilliseconds * Self.stepMilliseconds)
    }

    private static let stepMilliseconds: Int32 = 500
}
