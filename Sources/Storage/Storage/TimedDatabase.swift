/// A connection for one answer: all of its statements together have one time limit, whatever limits they have themselves.
// Unchecked: the contract of `Database` keeps it to one thread at a time.
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

    package func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) { try database.snapshot(body) }

    package func committedHighWaterMark() throws(StoreError) -> Int64 { try database.committedHighWaterMark() }

    package func highestEventID() throws(StoreError) -> Int64 { try database.highestEventID() }

    package func openWriters() throws(StoreError) -> [OpenWriter] { try database.openWriters() }

    /// Milliseconds that a statement may take: its own limit, or what is left of the answer's.
    private func left(_ milliseconds: Int32) throws(StoreError) -> Int32 {
        let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        guard left >= 1 else { throw .queryTimeout }
        // Few different limits: PostgreSQL is told of each change in a statement of its own.
        if left >= Double(milliseconds) { return milliseconds }
        return max(Self.stepMilliseconds, Int32(left) / Self.stepMilliseconds * Self.stepMilliseconds)
    }

    private static let stepMilliseconds: Int32 = 500
}
