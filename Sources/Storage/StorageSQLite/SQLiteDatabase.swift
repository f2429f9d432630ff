import Events
import SQLite
import Storage

/// An SQLite connection for queries and derived data.
// Unchecked: by the contract of `Database`, it is used by one thread at a time.
final class SQLiteDatabase: Database, @unchecked Sendable {
    /// The maximum number of cached prepared statements: the rollup worker has about 130, of up to 8,000 parameters, and
    /// preparing takes longer than running.
    private static let preparedMax = 256

    let connection: Connection
    let path: String
    let log: LogLimit
    private var prepared: [String: Statement] = [:]

    /// The maximum number of rows per read.
    ///
    /// Constant, since SQLite only computes rows that are read.
    var rowsOfNextRead: Int {
        get { ReadBudget.rowsMax }
        set {}
    }

    let dialect = SQLDialect(
        // The text has six fractional digits, or three where the column's default was used.
        microseconds: {
            // The fraction is not taken from strftime, which rounds to milliseconds: rounding up to
            // a whole second would count twice.
            "(cast(strftime('%s', substr(\($0), 1, 19)) as integer) * 1000000 + cast(substr(substr(\($0), 21, length(\($0)) - 21) || '000000', 1, 6) as integer))"
        },
        json: { $0 },
        time: { "(strftime('%Y-%m-%dT%H:%M:%S', \($0), 'unixepoch') || '.000000Z')" },
        timeKey: { $0 },
        timeOfKey: { $0 },
        keyOfTime: { .text(String(decoding: TimestampText.bytes($0), as: UTF8.self)) },
        jsonOfText: { $0 },
        uuidOfText: { $0 },
        // Without a row, the table has had no rows, and those with ids of their own create it.
        reserveIDs: { "update sqlite_sequence set seq = ?1 where name = '\($0)' and seq < ?1" },
        bytewise: { $0 },
        turn: { _ in nil }
    )

    init(_ connection: Connection, path: String) throws(StoreError) {
        (self.connection, self.path) = (connection, path)
        log = LogLimit(path: path)
        try guarded { () throws(SQLiteError) in
            // Derived data can be rebuilt, and the writer makes the acknowledged records durable itself.
            try connection.execute("pragma synchronous = normal")
            try connection.execute("pragma cache_size = -8192")
        }
    }

    func rows(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32
    ) throws(StoreError) -> [[SQLValue]] {
        var rows: [[SQLValue]] = []
        try stream(sql, parameters, milliseconds: milliseconds) { row in
            rows.append(row)
            return true
        }
        return rows
    }

    func stream(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: ([SQLValue]) -> Bool
    ) throws(StoreError) {
        let statement = try guarded { () throws(SQLiteError) in try self.statement(sql) }
        do throws(SQLiteError) {
            connection.setDeadline(milliseconds: milliseconds)
            defer {
                connection.setDeadline(milliseconds: nil)
                statement.reset()
            }
            try bind(parameters, statement)
            let columns = statement.columnsCount
            while try statement.step() {
                guard take((0..<columns).map { SQLValue(statement.value($0)) }) else { return }
            }
        } catch {
            if error.isInterrupted { throw .queryTimeout }
            throw StoreError(error, isRunning: true)
        }
    }

    func change(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> Int {
        let statement = try guarded { () throws(SQLiteError) in try self.statement(sql) }
        do throws(SQLiteError) {
            defer { statement.reset() }
            try bind(parameters, statement)
            while try statement.step() {}
            return connection.changes
        } catch {
            throw StoreError(error, isRunning: true)
        }
    }

    func transaction(
        ifChanged guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        var isOurs = true
        try connection.transaction(
            { () throws(StoreError) in
                if let guardSQL { isOurs = try change(guardSQL, parameters) == 1 }
                if isOurs { try body() }
            },
            { error, _ in StoreError(error) }
        )
        log.enforce(connection)
        return isOurs
    }

    var hasSnapshots: Bool { true }

    var hasSharedSnapshots: Bool { true }

    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        try connection.transaction(begin: "begin", body, { error, _ in StoreError(error) })
    }

    func snapshot(with other: any Database, _ body: () throws(StoreError) -> Void) throws(StoreError) {
        guard let other = other as? SQLiteDatabase else { preconditionFailure("a connection to another database") }
        try snapshot { () throws(StoreError) in
            try other.snapshot { () throws(StoreError) in
                try guarded { () throws(SQLiteError) in try startReading([connection, other.connection]) }
                try body()
            }
        }
    }

    /// Starts the snapshots of transactions, which start with their first read, at the same time.
    private func startReading(_ connections: [Connection]) throws(SQLiteError) {
        // Nothing is committed while a third connection has the write lock.
        let lock = try Connection(path: path, busyMilliseconds: SQLiteStore.busyMilliseconds, mayCreate: false)
        try lock.execute("begin immediate")
        for connection in connections { try connection.execute("select count(*) from sqlite_master") }
        try lock.execute("rollback")
    }

    /// A read that fails leaves the transaction of SQLite open.
    func savepoint(_ body: () throws(StoreError) -> Void) throws(StoreError) { try body() }

    func makeTemporaryCopies(_ tables: [String]) throws(StoreError) -> String {
        for table in tables {
            let sql = try rows("select sql from main.sqlite_master where name = ?1", [.text(table)]).first?.first?.text
            guard let sql else { throw .schema(reason: "the table \(table) is missing") }
            let copy = "create temporary table" + sql.dropFirst("create table".count)
            try guarded { () throws(SQLiteError) in try connection.execute(copy) }
        }
        return "main."
    }

    /// SQLite has one writer, so ids and revisions are assigned in the order of commits.
    func committedHighWaterMark() throws(StoreError) -> Int64 { try highestEventID() }

    func highestEventID() throws(StoreError) -> Int64 {
        try rows(
            """
            select max(
                coalesce((select max(id) from collector_events), 0),
                coalesce((select max(seq) from sqlite_sequence where name = 'collector_events'), 0)
            )
            """,
            [],
            milliseconds: Self.catalogMilliseconds
        ).first?.first?.integer ?? 0
    }

    /// Always empty: SQLite has one writer, so ids are assigned in the order of commits.
    func openWriters() throws(StoreError) -> [OpenWriter] { [] }

    private func bind(_ parameters: [SQLValue], _ statement: Statement) throws(SQLiteError) {
        for (index, parameter) in parameters.enumerated() {
            switch parameter {
            case .null: try statement.bind(index + 1, nil as [UInt8]?)
            case .integer(let value): try statement.bind(index + 1, value)
            case .real(let value): try statement.bind(index + 1, real: value)
            case .text(let value): try statement.bind(index + 1, Array(value.utf8))
            case .blob(let value): try statement.bind(index + 1, blob: value)
            }
        }
    }

    private func statement(_ sql: String) throws(SQLiteError) -> Statement {
        if let known = prepared[sql] { return known }
        let fresh = try connection.prepare(sql)
        if prepared.count >= Self.preparedMax { prepared.removeAll() }
        prepared[sql] = fresh
        return fresh
    }
}

extension SQLValue {
    fileprivate init(_ value: Statement.Value) {
        switch value {
        case .null: self = .null
        case .integer(let number): self = .integer(number)
        case .real(let number): self = .real(number)
        case .text(let text): self = .text(text)
        case .blob(let bytes): self = .blob(bytes)
        }
    }
}
