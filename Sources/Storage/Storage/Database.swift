import Texts

/// A value of a column or parameter that both engines support.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// Whether two values are equal in a database, which compares the bytes of texts.
    package static func == (one: SQLValue, other: SQLValue) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.integer(let one), .integer(let other)): one == other
        case (.real(let one), .real(let other)): one == other
        case (.text(let one), .text(let other)): haveSameBytes(one, other)
        case (.blob(let one), .blob(let other)): one == other
        case (.null, _), (.integer, _), (.real, _), (.text, _), (.blob, _): false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .null: break
        case .integer(let value): hasher.combine(value)
        case .real(let value): hasher.combine(value)
        case .text(let value): hasher.combine(ByteText(value))
        case .blob(let value): hasher.combine(value)
        }
    }

    /// NULL if there is no text.
    package init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    /// NULL if there is no number.
    package init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }
    /// NULL if there is no number.
    package init(_ number: Double?) { self = number.map { .real($0) } ?? .null }

    /// The value as an integer, converting numbers and text; nil when that is not possible.
    package var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .real(let value) where value.magnitude < 9e18: Int64(value)
        case .text(let value): Int64(value)
        case .real, .null, .blob: nil
        }
    }

    /// The value as a number with a fraction, converting integers and text; nil when that is not possible.
    package var real: Double? {
        switch self {
        case .real(let value): value
        case .integer(let value): Double(value)
        case .text(let value): Double(value)
        case .null, .blob: nil
        }
    }

    /// The value as text, converting numbers; nil for NULL and blobs.
    package var text: String? {
        switch self {
        case .text(let value): value
        case .integer(let value): String(value)
        case .real(let value): "\(value)"
        case .null, .blob: nil
        }
    }

    /// The value as bytes; text as UTF-8; nil for NULL and numbers.
    package var blob: [UInt8]? {
        switch self {
        case .blob(let value): value
        case .text(let value): Array(value.utf8)
        case .null, .integer, .real: nil
        }
    }
}

/// The SQL expressions that differ between the engines.
package struct SQLDialect: Sendable {
    /// An expression that converts a time column to microseconds since 1970.
    package var microseconds: @Sendable (_ column: String) -> String
    /// An expression that converts a JSON column to text.
    package var json: @Sendable (_ column: String) -> String
    /// An expression that converts seconds since 1970 to the type of time columns.
    package var time: @Sendable (_ seconds: String) -> String
    /// An expression that converts a time column to a cursor value without loss of precision.
    package var timeKey: @Sendable (_ column: String) -> String
    /// An expression that converts such a cursor value, given as a parameter, to the type of time columns.
    package var timeOfKey: @Sendable (_ key: String) -> String
    /// The cursor value of a time in microseconds since 1970, for `timeOfKey`.
    package var keyOfTime: @Sendable (_ microseconds: Int64) -> SQLValue
    /// An expression that converts a text parameter to the type of JSON columns.
    package var jsonOfText: @Sendable (_ text: String) -> String
    /// An expression that converts a text parameter to the type of `event_id`.
    package var uuidOfText: @Sendable (_ text: String) -> String
    /// A statement after which new rows of a table get ids above its only parameter.
    package var reserveIDs: @Sendable (_ table: String) -> String
    /// An expression that orders a text by its bytes, independent of the database's locale.
    package var bytewise: @Sendable (_ text: String) -> String
    /// A statement after which transactions that run it for the same table run one after the other; nil when all transactions that write do.
    ///
    /// It has to come before the statement that reads the rows: a statement does not see what is committed while it waits.
    package var turn: @Sendable (_ table: String) -> String?

    package init(
        microseconds: @escaping @Sendable (String) -> String,
        json: @escaping @Sendable (String) -> String,
        time: @escaping @Sendable (String) -> String,
        timeKey: @escaping @Sendable (String) -> String,
        timeOfKey: @escaping @Sendable (String) -> String,
        keyOfTime: @escaping @Sendable (Int64) -> SQLValue,
        jsonOfText: @escaping @Sendable (String) -> String,
        uuidOfText: @escaping @Sendable (String) -> String,
        reserveIDs: @escaping @Sendable (String) -> String,
        bytewise: @escaping @Sendable (String) -> String,
        turn: @escaping @Sendable (String) -> String?
    ) {
        self.microseconds = microseconds
        self.json = json
        self.time = time
        self.timeKey = timeKey
        self.timeOfKey = timeOfKey
        self.keyOfTime = keyOfTime
        self.jsonOfText = jsonOfText
        self.uuidOfText = uuidOfText
        self.reserveIDs = reserveIDs
        self.bytewise = bytewise
        self.turn = turn
    }
}

/// A connection for queries and for writing derived data, such as rollups.
///
/// Used by one thread at a time. Calls block. Statements are shared by both engines: parameters are
/// `?1`, `?2` …, in any order, and differences are in the dialect.
package protocol Database: AnyObject, Sendable {
    var dialect: SQLDialect { get }
    /// The maximum number of rows that the next `bounded` read requests.
    ///
    /// An engine that computes rows which are then not read adapts it to the number of rows that fit before.
    var rowsOfNextRead: Int { get set }
    /// Runs one statement.
    ///
    /// - Returns: The rows of a query; empty for other statements.
    /// - Throws: `StoreError.queryTimeout` when the timeout expires; nothing has been changed then.
    func rows(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32
    ) throws(StoreError) -> [[SQLValue]]
    /// Runs a query and passes each row to `take` as it arrives, so that only one row is in memory.
    ///
    /// Reading stops when `take` returns false.
    ///
    /// - Throws: `StoreError.queryTimeout` when the timeout expires; rows that arrived before have been passed on.
    func stream(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: ([SQLValue]) -> Bool
    ) throws(StoreError)
    /// Runs a query whose last column is binary and whose other columns are integers, and passes
    /// each row on as it arrives.
    ///
    /// Like `stream`, but without converting the bytes to text and back.
    func streamBytes(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: (_ integers: [Int64], _ bytes: [UInt8]) -> Void
    ) throws(StoreError)
    /// Runs one statement that changes rows.
    ///
    /// - Returns: The number of changed rows.
    func change(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> Int
    /// Runs the body in one transaction, which is rolled back when the body throws.
    ///
    /// If there is a guard statement, it runs first, and the body only runs if the guard changed exactly one row.
    ///
    /// Behind a pooler with statement pooling, the changes of the body are deferred to its end: its
    /// reads do not see them, and `change` returns 0. In this case the rows read by the body are only
    /// protected from concurrent changes if all writers of these rows also change the guard's row.
    ///
    /// - Returns: Whether the guard changed its row; true without a guard.
    func transaction(
        ifChanged guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool
    /// Creates empty temporary copies of tables, which hide the originals on this connection until
    /// the end of the snapshot.
    ///
    /// - Returns: The prefix to use before the name of an original table.
    func makeTemporaryCopies(_ tables: [String]) throws(StoreError) -> String
    /// Whether this connection supports snapshots over several statements.
    ///
    /// Statement pooling does not allow them.
    var hasSnapshots: Bool { get }
    /// Runs the body on a consistent snapshot of the committed data.
    ///
    /// Temporary tables can be written.
    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError)
    /// Whether this connection supports snapshots on two connections.
    ///
    /// Pooling does not allow them: the pool may have one connection, which the first snapshot would keep.
    var hasSharedSnapshots: Bool { get }
    /// Like `snapshot`, with the same snapshot on another connection to the same database.
    ///
    /// While the body runs, another thread may use the other connection.
    func snapshot(with other: any Database, _ body: () throws(StoreError) -> Void) throws(StoreError)
    /// Runs the body so that the surrounding snapshot or transaction can continue if the body throws.
    func savepoint(_ body: () throws(StoreError) -> Void) throws(StoreError)
    /// The highest id of `collector_events` below which no more events can appear: all events up to
    /// it are committed, or never will be.
    ///
    /// While a transaction is open that may have been assigned a lower id, the mark does not advance. It
    /// only decreases when ids restart, for example after `truncate collector_events restart identity`.
    func committedHighWaterMark() throws(StoreError) -> Int64
    /// The highest id that an event has or has had, from the id sequence and the table.
    ///
    /// Deleting events does not lower it. If it is lower than an id seen before, the events have been replaced.
    func highestEventID() throws(StoreError) -> Int64
    /// Open transactions of other connections that may still commit events, oldest first.
    ///
    /// They hold back the high-water mark.
    func openWriters() throws(StoreError) -> [OpenWriter]
    /// Measures the database, without reading its rows.
    func storageSize() throws(StoreError) -> StorageSize
    /// Returns unused space of the file to the disk, a little in each call.
    ///
    /// - Returns: The bytes that were returned; 0 when there is nothing to return, or the engine does it by itself.
    func returnSpace() throws(StoreError) -> Int64
}

/// A transaction of another connection that may still commit events.
package struct OpenWriter: Sendable, Equatable {
    /// Identifies the transaction until it ends.
    package var id: String
    /// The process id of the connection on the server; nil for a prepared transaction.
    package var pid: Int64?
    /// The application name; empty if it is hidden from the role.
    package var application: String
    package var user: String
    /// The state of the connection, such as `idle in transaction`.
    package var state: String
    /// Seconds since the transaction started; nil if hidden from the role.
    package var ageSeconds: Int64?

    package init(id: String, pid: Int64?, application: String, user: String, state: String, ageSeconds: Int64?) {
        self.id = id
        self.pid = pid
        self.application = application
        self.user = user
        self.state = state
        self.ageSeconds = ageSeconds
    }
}

extension Database {
    /// The timeout of background statements, in milliseconds.
    package static var defaultStatementTimeout: Int32 { 600_000 }
    /// The timeout of statements that only read ids and locks, in milliseconds.
    package static var catalogMilliseconds: Int32 { 5000 }

    package func rows(_ sql: String, _ parameters: [SQLValue] = []) throws(StoreError) -> [[SQLValue]] {
        try rows(sql, parameters, milliseconds: Self.defaultStatementTimeout)
    }

    package func change(_ sql: String) throws(StoreError) -> Int { try change(sql, []) }

    package func streamBytes(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: (_ integers: [Int64], _ bytes: [UInt8]) -> Void
    ) throws(StoreError) {
        try stream(sql, parameters, milliseconds: milliseconds) { row in
            take(row.dropLast().map { $0.integer ?? 0 }, row.last?.blob ?? [])
            return true
        }
    }

    /// Runs the body in one transaction without a guard.
    package func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        _ = try transaction(ifChanged: nil, [], body)
    }

    /// Inserts rows of equal length, with as few statements as the engines' parameter limits allow.
    ///
    /// `head` is the statement before `values`; `tail` follows the values, for example an `on conflict` clause. `expression` is the value of
    /// a column, by its index, for a parameter.
    ///
    /// - Returns: The number of inserted or updated rows.
    @discardableResult
    package func insert(
        _ head: String,
        _ rows: [[SQLValue]],
        _ tail: String = "",
        expression: (_ column: Int, _ parameter: String) -> String = { $1 }
    ) throws(StoreError) -> Int {
        guard let width = rows.first?.count, width > 0 else { return 0 }
        var changed = 0
        let perStatement = max(1, min(Self.rowsMax, Self.parametersMax / width))
        var start = 0
        while start < rows.count {
            // Statements have few different sizes, so that prepared statements are reused.
            let left = min(perStatement, rows.count - start)
            let size = left == perStatement ? left : 1 << (Int.bitWidth - 1 - left.leadingZeroBitCount)
            let part = rows[start..<start + size]
            let groups = part.indices.map { row in
                let first = (row - start) * width
                let values = (1...width).map { expression($0 - 1, "?\(first + $0)") }
                return "(" + values.joined(separator: ", ") + ")"
            }
            changed += try change("\(head) values \(groups.joined(separator: ", ")) \(tail)", Array(part.joined()))
            start += part.count
        }
        return changed
    }

    /// Pads a list of values for an `in` condition to one of a few lengths, by repeating the last value.
    ///
    /// Prepared statements are reused this way.
    package func padded(_ values: [SQLValue]) -> [SQLValue] {
        guard let last = values.last else { return [] }
        var length = 1
        while length < values.count { length *= 4 }
        return values + Array(repeating: last, count: length - values.count)
    }

    /// The maximum number of parameters and rows of one statement.
    private static var parametersMax: Int { 8000 }
    private static var rowsMax: Int { 256 }
}
