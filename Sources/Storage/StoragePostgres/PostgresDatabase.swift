import Postgres
import Storage

/// A PostgreSQL connection for queries and derived data.
// Unchecked: by the contract of `Database`, it is used by one thread at a time.
final class PostgresDatabase: Database, @unchecked Sendable {
    /// Object ids of types, which are fixed in PostgreSQL's catalog.
    private enum TypeID {
        static let bytes: UInt32 = 17
        static let integers: Set<UInt32> = [20, 21, 23]
        static let reals: Set<UInt32> = [700, 701, 1700]
        static let integer: UInt32 = 20
        static let real: UInt32 = 701
        static let text: UInt32 = 25
    }

    private let session: Session
    private var buffer: [UInt8] = []
    private var isWithinTransaction = false
    /// Changes deferred to the end of the transaction, if a pooler does not allow transactions of several round trips.
    private var deferredChanges: [Call]?
    /// The last id assigned at some time, and the transactions that were writing at that time.
    private var candidate: (id: Int64, writers: Set<String>)?
    private var highWaterMark: Int64 = 0

    var rowsOfNextRead = ReadBudget.rowsAtFirst

    let dialect = SQLDialect.postgres

    init(_ session: Session) {
        self.session = session
    }

    func rows(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32
    ) throws(StoreError) -> [[SQLValue]] {
        Self.values(try run(sql, parameters, milliseconds))
    }

    func stream(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: ([SQLValue]) -> Bool
    ) throws(StoreError) {
        try withoutActuallyEscaping(take) { take throws(StoreError) in
            _ = try run(sql, parameters, milliseconds) { result in Self.values(result).allSatisfy(take) }
        }
    }

    func streamBytes(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: (_ integers: [Int64], _ bytes: [UInt8]) -> Void
    ) throws(StoreError) {
        try withoutActuallyEscaping(take) { take throws(StoreError) in
            _ = try run(sql, parameters, milliseconds, isBinary: true) { result in
                for row in result.binary {
                    // Big-endian integers of two, four or eight bytes.
                    let integers = row.dropLast().map { bytes in
                        (bytes ?? []).reduce(Int64((bytes?.first ?? 0) >= 0x80 ? -1 : 0)) { $0 << 8 | Int64($1) }
                    }
                    take(integers, (row.last ?? nil) ?? [])
                }
                return true
            }
        }
    }

    private static func values(_ result: Result) -> [[SQLValue]] {
        result.rows.map { row in
            row.enumerated().map { column, text in
                guard let text else { return .null }
                return value(text, result.types[column])
            }
        }
    }

    func change(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> Int {
        guard deferredChanges == nil else {
            deferredChanges?.append(call(sql, parameters))
            return 0
        }
        return try run(sql, parameters, Self.defaultStatementTimeout).changed
    }

    func transaction(
        ifChanged guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        guard session.pooling != .statement else { return try deferred(guardSQL, parameters, body) }
        var isOurs = true
        try transaction("read committed") { () throws(StoreError) in
            if let guardSQL { isOurs = try change(guardSQL, parameters) == 1 }
            if isOurs { try body() }
        }
        return isOurs
    }

    var hasSnapshots: Bool { session.pooling != .statement }

    var hasSharedSnapshots: Bool { session.pooling == .none }

    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        guard hasSnapshots else {
            throw .unavailable(
                reason:
                    "this command needs a consistent snapshot over several statements, which PgBouncer's pool_mode = statement "
                    + "does not allow; use pool_mode = transaction or a direct connection"
            )
        }
        try transaction("repeatable read", body)
    }

    func snapshot(with other: any Database, _ body: () throws(StoreError) -> Void) throws(StoreError) {
        guard let other = other as? PostgresDatabase else { preconditionFailure("a connection to another database") }
        try snapshot { () throws(StoreError) in
            let id = try rows("select pg_export_snapshot()").first?.first?.text ?? ""
            try other.snapshot { () throws(StoreError) in
                try other.execute("set transaction snapshot '\(id)'")
                try body()
            }
        }
    }

    /// PostgreSQL refuses all statements of a transaction after an error, until it is rolled back to a savepoint.
    func savepoint(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        guard isWithinTransaction else { return try body() }
        try guarded { () throws(PostgresError) in try session.savepoint() }
        do throws(StoreError) { try body() } catch {
            // If this fails, so do the next statements of the transaction, with the cause.
            try? session.rollBackToSavepoint()
            throw error
        }
        try execute("release savepoint attempt")
    }

    func makeTemporaryCopies(_ tables: [String]) throws(StoreError) -> String {
        let schema = try rows(
            "select nspname from pg_class join pg_namespace as space on space.oid = relnamespace where pg_class.oid = ?1::regclass",
            [.text(tables[0])]
        ).first?.first?.text
        for table in tables {
            // Dropped at the end of the transaction: behind a pooler the session belongs to other clients afterwards.
            try execute("create temporary table \(table) (like \(table) including all) on commit drop")
        }
        return "\"\(schema ?? "public")\"."
    }

    private func transaction(
        _ isolation: String,
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) {
        try guarded { () throws(PostgresError) in try session.begin(isolation) }
        isWithinTransaction = true
        defer { isWithinTransaction = false }
        do throws(StoreError) {
            try body()
        } catch {
            // A lost connection has rolled back by itself.
            try? execute("rollback")
            throw error
        }
        try execute("commit")
    }

    /// Runs the reads of the body immediately, and its changes at the end in one message, which is one transaction.
    ///
    /// The message starts with the guard, which makes it fail unless it changes a row. Concurrent
    /// changes to the rows that the body has read must therefore also change the guard's row.
    private func deferred(
        _ guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        var first: [Call] = []
        if let guardSQL {
            // A division by zero is an error that a plain statement can raise.
            first = [call("with guard as (\(guardSQL) returning 1) select 1 / count(*) from guard", parameters)]
        }
        deferredChanges = []
        let calls: [Call]
        do throws(StoreError) {
            try body()
            calls = first + (deferredChanges ?? [])
            deferredChanges = nil
        } catch {
            deferredChanges = nil
            throw error
        }
        do throws(PostgresError) {
            if !calls.isEmpty { _ = try session.run(calls, Self.defaultStatementTimeout) }
        } catch {
            if guardSQL != nil, error.sqlState == "22012" { return false }
            throw StoreError(error)
        }
        return true
    }

    /// Computes the high-water mark from the locks on the table.
    ///
    /// Ids are assigned before their transactions commit, and not in the order of commits. A
    /// transaction that was assigned an id holds a write lock on the table. So when all
    /// transactions that held this lock just after the last id was read have ended, all events up
    /// to that id are committed or never will be.
    func committedHighWaterMark() throws(StoreError) -> Int64 {
        if let candidate {
            let left = try candidate.writers.isEmpty ? [] : writers().intersection(candidate.writers)
            guard left.isEmpty else {
                self.candidate?.writers = left
                return highWaterMark
            }
            highWaterMark = max(highWaterMark, candidate.id)
            self.candidate = nil
        }
        let id = try lastDrawnEventID()
        // Ids only grow, unless the sequence is restarted.
        if id < highWaterMark { highWaterMark = 0 }
        guard id > highWaterMark else { return highWaterMark }
        let writers = try writers()
        if writers.isEmpty { highWaterMark = id } else { candidate = (id, writers) }
        return highWaterMark
    }

    private func lastDrawnEventID() throws(StoreError) -> Int64 {
        let sql =
            "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('collector_events', 'id')::regclass), 0)"
        return try rows(sql, [], milliseconds: Self.catalogMilliseconds).first?.first?.integer ?? 0
    }

    func highestEventID() throws(StoreError) -> Int64 {
        let sql = "select max(id) from collector_events"
        let last = try rows(sql, [], milliseconds: Self.catalogMilliseconds).first?.first?.integer ?? 0
        return max(last, try lastDrawnEventID())
    }

    /// Includes prepared transactions, which hold locks without a process.
    private static let writersCondition = """
        relation = 'collector_events'::regclass and mode = 'RowExclusiveLock' and granted
            and lock.pid is distinct from pg_backend_pid()
            and database = (select oid from pg_database where datname = current_database())
        """

    private func writers() throws(StoreError) -> Set<String> {
        let sql = "select virtualtransaction from pg_locks as lock where \(Self.writersCondition)"
        return Set(try rows(sql, [], milliseconds: Self.catalogMilliseconds).compactMap { $0[0].text })
    }

    func openWriters() throws(StoreError) -> [OpenWriter] {
        // The server may hide everything except the process id of connections of other roles.
        let rows = try rows(
            """
            select virtualtransaction, lock.pid::bigint, coalesce(application_name, ''), coalesce(usename, ''),
                coalesce(state, ''), extract(epoch from clock_timestamp() - xact_start)::bigint
            from pg_locks as lock
            left join pg_stat_activity as activity on activity.pid = lock.pid
            where \(Self.writersCondition)
            order by xact_start nulls last, lock.pid
            limit 100
            """,
            [],
            milliseconds: Self.catalogMilliseconds
        )
        return rows.map { row in
            OpenWriter(
                id: row[0].text ?? "",
                pid: row[1].integer,
                application: row[2].text ?? "",
                user: row[3].text ?? "",
                state: row[4].text ?? "",
                ageSeconds: row[5].integer.map { max(0, $0) }
            )
        }
    }

    // MARK: - Statements

    private func execute(_ sql: String) throws(StoreError) {
        try guarded { () throws(PostgresError) in
            try session.connection.execute(sql, timeoutMilliseconds: Self.defaultStatementTimeout)
        }
    }

    private func call(_ sql: String, _ parameters: [SQLValue]) -> Call {
        buffer.removeAll(keepingCapacity: buffer.capacity < 4 << 20)
        let bound = parameters.map { put($0) }
        return Call(Self.numbered(sql), buffer, bound)
    }

    private func run(
        _ sql: String,
        _ parameters: [SQLValue],
        _ milliseconds: Int32,
        isBinary: Bool = false,
        row: ((Result) -> Bool)? = nil
    ) throws(StoreError) -> Result {
        var call = call(sql, parameters)
        call.wantsBinary = isBinary
        do throws(PostgresError) {
            guard isWithinTransaction else {
                return try session.run(call, statementMilliseconds: milliseconds, row: row)
            }
            return try session.runWithin(call, statementMilliseconds: milliseconds, row: row)
        } catch {
            // 57014: canceled by the server's statement timeout.
            if error.sqlState == "57014" { throw .queryTimeout }
            throw StoreError(error)
        }
    }

    /// Appends a parameter to the buffer.
    ///
    /// The library, libpq, requires a zero byte after a text.
    private func put(_ value: SQLValue) -> (range: Range<Int>?, isBinary: Bool, type: UInt32) {
        let start = buffer.count
        switch value {
        case .null: return (nil, false, 0)
        case .integer(let number): buffer += Array("\(number)".utf8)
        case .real(let number): buffer += Array("\(number)".utf8)
        case .text(let text): buffer += Array(text.utf8)
        case .blob(let bytes):
            buffer += bytes
            // An empty value must have a valid address, too.
            buffer.append(0)
            return (start..<buffer.count - 1, true, TypeID.bytes)
        }
        buffer.append(0)
        let type =
            switch value {
            case .integer: TypeID.integer
            case .real: TypeID.real
            case .text, .null, .blob: TypeID.text
            }
        return (start..<buffer.count - 1, false, type)
    }

    /// Replaces the parameter syntax `?1` with PostgreSQL's `$1`.
    private static func numbered(_ sql: String) -> String {
        var bytes = Array(sql.utf8)
        for index in bytes.indices.dropLast()
        where bytes[index] == UInt8(ascii: "?") && (0x30...0x39).contains(bytes[index + 1]) {
            bytes[index] = UInt8(ascii: "$")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func value(_ text: String, _ type: UInt32) -> SQLValue {
        if TypeID.integers.contains(type) { return Int64(text).map { .integer($0) } ?? .text(text) }
        if TypeID.reals.contains(type) { return Double(text).map { .real($0) } ?? .text(text) }
        guard type == TypeID.bytes else { return .text(text) }
        return .blob(Self.bytes(Array(text.utf8)))
    }

    /// Decodes a bytea value from either of its text formats, for any setting of `bytea_output`.
    private static func bytes(_ text: [UInt8]) -> [UInt8] {
        guard text.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "x")]) else { return unescaped(text) }
        // `\x` is followed by two hexadecimal digits per byte. Sketches have thousands of bytes, so
        // this loop dominates the time of rankings.
        var bytes = [UInt8](repeating: 0, count: max(0, text.count / 2 - 1))
        for index in bytes.indices {
            let (high, low) = (text[2 * index + 2], text[2 * index + 3])
            bytes[index] = (high & 15 &+ (high >> 6) &* 9) << 4 | (low & 15 &+ (low >> 6) &* 9)
        }
        return bytes
    }

    /// Decodes the `escape` format: backslashes are doubled, and a backslash followed by three octal digits is a byte.
    private static func unescaped(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "\\"), index + 3 < text.count, (0x30...0x33).contains(text[index + 1]) {
                bytes.append((text[index + 1] & 3) << 6 | (text[index + 2] & 7) << 3 | text[index + 3] & 7)
                index += 4
            } else {
                bytes.append(text[index])
                index += text[index] == UInt8(ascii: "\\") ? 2 : 1
            }
        }
        return bytes
    }
}
