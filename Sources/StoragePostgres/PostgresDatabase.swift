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
    /// Milliseconds that the server is given to answer after its own limit.
    private static let graceMilliseconds: Int32 = 1000

    private let connection: Connection
    private var buffer: [UInt8] = []
    private var statementMilliseconds: Int32 = 0
    /// An id and the transactions that were writing when it was the last that had been drawn.
    private var candidate: (id: Int64, writers: Set<String>)?
    private var settled: Int64 = 0

    let dialect = SQLDialect(
        microseconds: { "(extract(epoch from \($0)) * 1000000)::bigint" },
        json: { "\($0)::text" },
        time: { "to_timestamp(\($0)::float8)" },
        bytewise: { "\($0) collate \"C\"" }
    )

    init(_ connection: Connection) throws(StoreError) {
        self.connection = connection
    }

    func rows(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32
    ) throws(StoreError) -> [[SQLValue]] {
        let result = try run(sql, parameters, milliseconds)
        return result.rows.map { row in
            row.enumerated().map { column, text in
                guard let text else { return .null }
                return Self.value(text, result.types[column])
            }
        }
    }

    func change(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> Int {
        try run(sql, parameters, Self.patience).changed
    }

    func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) { try run("begin", body) }

    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        try run("begin isolation level repeatable read", body)
    }

    func shadow(_ tables: [String]) throws(StoreError) -> String {
        let schema = try rows(
            "select nspname from pg_class join pg_namespace as space on space.oid = relnamespace where pg_class.oid = ?1::regclass",
            [.text(tables[0])]
        ).first?.first?.text
        for table in tables { try execute("create temporary table \(table) (like \(table) including all)") }
        return "\"\(schema ?? "public")\"."
    }

    private func run(_ begin: String, _ body: () throws(StoreError) -> Void) throws(StoreError) {
        try execute(begin)
        do throws(StoreError) {
            try body()
        } catch {
            // A connection that is lost has undone it by itself.
            try? execute("rollback")
            throw error
        }
        try execute("commit")
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
        try rows(
            "select coalesce(pg_sequence_last_value(pg_get_serial_sequence('collector_events', 'id')::regclass), 0)"
        ).first?.first?.integer ?? 0
    }

    func highestEventID() throws(StoreError) -> Int64 {
        let last = try rows("select max(id) from collector_events").first?.first?.integer ?? 0
        return max(last, try lastDrawnEventID())
    }

    private func writers() throws(StoreError) -> Set<String> {
        let sql = """
            select virtualtransaction
            from pg_locks
            where relation = 'collector_events'::regclass and mode = 'RowExclusiveLock' and granted
                and pid <> pg_backend_pid() and database = (select oid from pg_database where datname = current_database())
            """
        return Set(try rows(sql).compactMap { $0[0].text })
    }

    // MARK: - Statements

    private func execute(_ sql: String) throws(StoreError) {
        try guarded { () throws(PostgresError) in
            try connection.execute(sql, timeoutMilliseconds: Self.patience)
        }
    }

    private func run(_ sql: String, _ parameters: [SQLValue], _ milliseconds: Int32) throws(StoreError) -> Result {
        if milliseconds != statementMilliseconds {
            try execute("set statement_timeout = \(milliseconds)")
            statementMilliseconds = milliseconds
        }
        buffer.removeAll(keepingCapacity: buffer.capacity < 4 << 20)
        let places = parameters.map { put($0) }
        let text = Self.numbered(sql)
        do throws(PostgresError) {
            return try connection.query(
                text,
                buffer,
                places,
                timeoutMilliseconds: milliseconds + Self.graceMilliseconds
            )
        } catch {
            // 57014: the server's own limit.
            if error.sqlState == "57014" { throw .unavailable(reason: "the query took too long") }
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
        // Two digits a byte behind `\x`; sketches are thousands of them, so that this loop decides how long a ranking takes.
        let digits = Array(text.utf8)
        var bytes = [UInt8](repeating: 0, count: max(0, digits.count / 2 - 1))
        for place in bytes.indices {
            let (high, low) = (digits[2 * place + 2], digits[2 * place + 3])
            bytes[place] = (high & 15 &+ (high >> 6) &* 9) << 4 | (low & 15 &+ (low >> 6) &* 9)
        }
        return .blob(bytes)
    }
}
