import Postgres
import Storage

/// A connection for what is derived from the records, and for questions.
// Unchecked: the contract of `Database` keeps it to one thread at a time.
final class PostgresDatabase: Database, @unchecked Sendable {
    /// Object ids of types, fixed in PostgreSQL's catalogue.
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
    /// Changes of a transaction that wait for its end, where the pooler allows no transaction of several round trips.
    private var waiting: [Call]?
    /// An id and the transactions that were writing when it was the last that had been drawn.
    private var candidate: (id: Int64, writers: Set<String>)?
    private var settled: Int64 = 0

    var rowsOfNextRead = ReadBudget.rowsAtFirst

    let dialect = SQLDialect(
        microseconds: { "(extract(epoch from \($0)) * 1000000)::bigint" },
        // Cut, since rows from before numbers were limited can be a thousand times as long as what was sent.
        json: { "left(\($0)::text, \(ReadBudget.valueCharactersMax + 1))" },
        time: { "to_timestamp(\($0)::float8)" },
        timeKey: { "(extract(epoch from \($0)) * 1000000)::bigint" },
        // Whole microseconds of any year that a clock may show are exact in a float8.
        timeOfKey: { "('1970-01-01 00:00:00+00'::timestamptz + \($0)::bigint * interval '1 microsecond')" },
        bytewise: { "\($0) collate \"C\"" }
    )

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
                    // Big-endian, two, four or eight bytes.
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
        guard waiting == nil else {
            waiting?.append(call(sql, parameters))
            return 0
        }
        return try run(sql, parameters, Self.patience).changed
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

    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        guard hasSnapshots else {
            throw .unavailable(
                reason:
                    "this needs one view of the database over several statements, which PgBouncer's pool_mode = statement "
                    + "does not allow; use pool_mode = transaction or a direct connection for it"
            )
        }
        try transaction("repeatable read", body)
    }

    func shadow(_ tables: [String]) throws(StoreError) -> String {
        let schema = try rows(
            "select nspname from pg_class join pg_namespace as space on space.oid = relnamespace where pg_class.oid = ?1::regclass",
            [.text(tables[0])]
        ).first?.first?.text
        for table in tables {
            // Dropped with the transaction: behind a pooler the session is not ours afterwards.
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
            // A connection that is lost has undone it by itself.
            try? execute("rollback")
            throw error
        }
        try execute("commit")
    }

    /// Carries out the reads of the body at once and its changes together at the end, in one message that is one transaction.
    ///
    /// The guard comes first there and fails all of it unless it changes a row. Who changes what the body has read must therefore change the
    /// guard's row as well.
    private func deferred(
        _ guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        var first: [Call] = []
        if let guardSQL {
            // Division by zero is the error that a plain statement can raise.
            first = [call("with guard as (\(guardSQL) returning 1) select 1 / count(*) from guard", parameters)]
        }
        waiting = []
        let calls: [Call]
        do throws(StoreError) {
            try body()
            calls = first + (waiting ?? [])
            waiting = nil
        } catch {
            waiting = nil
            throw error
        }
        do throws(PostgresError) {
            if !calls.isEmpty { _ = try session.run(calls, Self.patience) }
        } catch {
            if guardSQL != nil, error.sqlState == "22012" { return false }
            throw StoreError(error)
        }
        return true
    }

    /// Ids are drawn before they are committed, and in no order of commits.
    ///
    /// Whoever has drawn one holds the table's lock for writers, so that
    /// the last id drawn is settled once all who held that lock just afterwards are gone.
    func settledEventID() throws(StoreError) -> Int64 {
        if let candidate {
            let left = try candidate.writers.isEmpty ? [] : writers().intersection(candidate.writers)
            guard left.isEmpty else {
                self.candidate?.writers = left
                return settled
            }
            settled = max(settled, candidate.id)
            self.candidate = nil
        }
        let id = try lastDrawnEventID()
        // Ids only grow, unless they begin again.
        if id < settled { settled = 0 }
        guard id > settled else { return settled }
        let writers = try writers()
        if writers.isEmpty { settled = id } else { candidate = (id, writers) }
        return settled
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

    /// A prepared transaction holds its locks without a process.
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
        // Of other roles the server may hide everything but the process id.
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
            try session.connection.execute(sql, timeoutMilliseconds: Self.patience)
        }
    }

    private func call(_ sql: String, _ parameters: [SQLValue]) -> Call {
        buffer.removeAll(keepingCapacity: buffer.capacity < 4 << 20)
        let places = parameters.map { put($0) }
        return Call(Self.numbered(sql), buffer, places)
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
            // 57014: the server's own limit.
            if error.sqlState == "57014" { throw .queryTimeout }
            throw StoreError(error)
        }
    }

    /// libpq wants a zero behind a text.
    private func put(_ value: SQLValue) -> (place: Range<Int>?, isBinary: Bool, type: UInt32) {
        let start = buffer.count
        switch value {
        case .null: return (nil, false, 0)
        case .integer(let number): buffer += Array("\(number)".utf8)
        case .real(let number): buffer += Array("\(number)".utf8)
        case .text(let text): buffer += Array(text.utf8)
        case .blob(let bytes):
            buffer += bytes
            // An empty value has a place, too.
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

    /// `?1` as PostgreSQL writes it: `$1`.
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

    /// A value of bytea in either of its text formats, whatever `bytea_output` is.
    private static func bytes(_ text: [UInt8]) -> [UInt8] {
        guard text.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "x")]) else { return unescaped(text) }
        // Two digits a byte behind `\x`; sketches are thousands of them, so that this loop decides how long a ranking takes.
        var bytes = [UInt8](repeating: 0, count: max(0, text.count / 2 - 1))
        for place in bytes.indices {
            let (high, low) = (text[2 * place + 2], text[2 * place + 3])
            bytes[place] = (high & 15 &+ (high >> 6) &* 9) << 4 | (low & 15 &+ (low >> 6) &* 9)
        }
        return bytes
    }

    /// The format `escape`: a backslash is doubled, and three octal digits behind one are a byte.
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
