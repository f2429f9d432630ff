/// A value of a column or a parameter, as both engines know it.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    package var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .real(let value) where value.magnitude < 9e18: Int64(value)
        case .text(let value): Int64(value)
        case .real, .null, .blob: nil
        }
    }

    package var text: String? {
        switch self {
        case .text(let value): value
        case .integer(let value): String(value)
        case .real(let value): "\(value)"
        case .null, .blob: nil
        }
    }

    package var blob: [UInt8]? {
        switch self {
        case .blob(let value): value
        case .text(let value): Array(value.utf8)
        case .null, .integer, .real: nil
        }
    }
}

/// What the engines spell differently in statements that both of them take otherwise.
package struct SQLDialect: Sendable {
    /// An expression for a column of times as microseconds since 1970.
    package var microseconds: @Sendable (_ column: String) -> String
    /// An expression for a column of JSON as its text.
    package var json: @Sendable (_ column: String) -> String
    /// An expression for a number of seconds since 1970 as what columns of times hold.
    package var time: @Sendable (_ seconds: String) -> String
    /// An expression for a column of times as a value that keeps all of its digits, for a cursor.
    package var timeKey: @Sendable (_ column: String) -> String
    /// An expression for such a value, given as a parameter, as what columns of times hold.
    package var timeOfKey: @Sendable (_ key: String) -> String
    /// An expression for a text that is to be ordered by its bytes, whatever the language of the database.
    package var bytewise: @Sendable (_ text: String) -> String

    package init(
        microseconds: @escaping @Sendable (String) -> String,
        json: @escaping @Sendable (String) -> String,
        time: @escaping @Sendable (String) -> String,
        timeKey: @escaping @Sendable (String) -> String,
        timeOfKey: @escaping @Sendable (String) -> String,
        bytewise: @escaping @Sendable (String) -> String
    ) {
        self.microseconds = microseconds
        self.json = json
        self.time = time
        self.timeKey = timeKey
        self.timeOfKey = timeOfKey
        self.bytewise = bytewise
    }
}

/// One connection for reading, and for what is derived from the records; used by one thread at a time.
///
/// Statements are written once for both engines: parameters are `?1`, `?2` …, in any order; what differs is in the dialect.
package protocol Database: AnyObject, Sendable {
    var dialect: SQLDialect { get }
    /// Rows that the next read within a budget asks for at most. An engine that computes rows which nobody takes adapts it to the rows that
    /// fitted before.
    var rowsOfNextRead: Int { get set }
    /// Runs one statement; a time limit that is over is `.unavailable` and nothing has been changed.
    ///
    /// - Returns: the rows of a query, none of any other statement.
    func rows(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32
    ) throws(StoreError) -> [[SQLValue]]
    /// Runs one query and passes each row on as it arrives, so that no more than one is held; `take` returns false when no further row is
    /// wanted.
    ///
    /// - Throws: `StoreError.queryTimeout` when the time limit is over; the rows up to then have been passed on.
    func stream(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: ([SQLValue]) -> Bool
    ) throws(StoreError)
    /// Runs one query whose columns are integers, the last one bytes, and passes each row on as it arrives: as `stream` does, without making
    /// text of the bytes in between.
    func streamBytes(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: (_ integers: [Int64], _ bytes: [UInt8]) -> Void
    ) throws(StoreError)
    /// Runs one statement that changes rows.
    ///
    /// - Returns: how many it has changed.
    func change(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> Int
    /// Runs the body in one transaction; an error undoes all of it.
    ///
    /// The guard, if there is one, runs first: unless it changes exactly one row, nothing else happens. Where a pooler hands out a connection
    /// for each statement, the changes of the body wait for its end, so that its reads do not see them and `change` gives 0; and what the
    /// body has read is as it was only if everybody who changes it changes the row of the guard too.
    ///
    /// - Returns: whether the guard changed its row; true without one.
    func transaction(
        ifChanged guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool
    /// Makes temporary empty copies of tables, which stand before them on this connection to the end of the snapshot.
    ///
    /// - Returns: what goes before the name of one of the tables themselves.
    func shadow(_ tables: [String]) throws(StoreError) -> String
    /// Whether this connection can give one unchanging view over several statements. Poolers of statements do not allow it.
    var hasSnapshots: Bool { get }
    /// Runs the body on one unchanging view of what was committed; temporary tables may be written.
    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError)
    /// The highest id of `collector_events` below which nothing can appear any more: everything up to it has been committed or never will be.
    ///
    /// While a transaction is under way that may have drawn a lower id, it stays where it was.
    /// It falls only when ids begin again, after `truncate collector_events restart identity` for example.
    func settledEventID() throws(StoreError) -> Int64
    /// The highest id that an event can have, or has had, as far as the database knows: what was drawn, and what is there. Deleting events does
    /// not lower it; where it is below an id that was seen before, the events have been replaced.
    func highestEventID() throws(StoreError) -> Int64
    /// Open transactions of other connections that may still commit events, oldest first: they hold back the high-water mark.
    func openWriters() throws(StoreError) -> [OpenWriter]
}

/// A transaction of another connection that may still commit events.
package struct OpenWriter: Sendable, Equatable {
    /// Names the transaction as long as it lasts.
    package var id: String
    /// Process id of the connection at the server; nil for a prepared transaction.
    package var pid: Int64?
    /// As far as the role may see them; empty otherwise.
    package var application: String
    package var user: String
    /// Such as `idle in transaction`.
    package var state: String
    /// Seconds since the transaction began; nil when the role may not see it.
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
    /// Milliseconds of a statement that nobody waits for.
    package static var patience: Int32 { 600_000 }
    /// Milliseconds of a statement that looks at ids and locks only.
    package static var catalogMilliseconds: Int32 { 5000 }

    package func rows(_ sql: String, _ parameters: [SQLValue] = []) throws(StoreError) -> [[SQLValue]] {
        try rows(sql, parameters, milliseconds: Self.patience)
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

    /// Inserts rows, all of the same length, by as few statements as the engines' number of parameters allows.
    ///
    /// `head` is the statement up to `values`; `tail` is what follows them, such as a rule for conflicts.
    package func insert(_ head: String, _ rows: [[SQLValue]], _ tail: String = "") throws(StoreError) {
        guard let width = rows.first?.count, width > 0 else { return }
        let perStatement = max(1, min(Self.rowsMax, Self.parametersMax / width))
        var start = 0
        while start < rows.count {
            // Few different sizes, so that statements that were prepared are used again.
            let left = min(perStatement, rows.count - start)
            let size = left == perStatement ? left : 1 << (Int.bitWidth - 1 - left.leadingZeroBitCount)
            let part = rows[start..<start + size]
            let groups = part.indices.map { row in
                let first = (row - start) * width
                return "(" + (1...width).map { "?\(first + $0)" }.joined(separator: ", ") + ")"
            }
            _ = try change("\(head) values \(groups.joined(separator: ", ")) \(tail)", Array(part.joined()))
            start += part.count
        }
    }

    /// Values for a list of names in a condition, with the last of them over again up to one of a few lengths: statements that were prepared are
    /// used again.
    package func padded(_ values: [SQLValue]) -> [SQLValue] {
        guard let last = values.last else { return [] }
        var length = 1
        while length < values.count { length *= 4 }
        return values + Array(repeating: last, count: length - values.count)
    }

    /// Parameters and rows of one statement.
    private static var parametersMax: Int { 8000 }
    private static var rowsMax: Int { 256 }
}
