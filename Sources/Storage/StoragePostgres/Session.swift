import Postgres
import Storage

/// A connection with settings that do not depend on the defaults of the server, the database or the role.
///
/// A direct connection gets them once. Behind a pooler, where each transaction may run on another server connection, each transaction begins
/// with them and leaves nothing behind.
// Unchecked: its owner keeps it to one thread at a time.
final class Session: @unchecked Sendable {
    let connection: Connection
    private(set) var pooling: Pooling
    private let settings: SessionSettings
    /// Of a direct connection, as it was last set.
    private var statementMilliseconds: Int32
    /// Of the transaction under way.
    private var localMilliseconds: Int32 = 0

    init(_ connection: Connection, pooling: Pooling, _ settings: SessionSettings) throws(StoreError) {
        self.connection = connection
        self.pooling = pooling
        self.settings = settings
        statementMilliseconds = settings.statementMilliseconds
        guard pooling == .none else { return }
        try guarded { () throws(PostgresError) in
            try connection.execute(settings.sql(isLocal: false), timeoutMilliseconds: settings.answerMilliseconds)
        }
    }

    // MARK: - One statement

    /// Runs one statement in a transaction of its own.
    func run(
        _ call: Call,
        statementMilliseconds: Int32? = nil,
        row: ((Result) -> Bool)? = nil
    ) throws(PostgresError) -> Result {
        let limit = statementMilliseconds ?? settings.statementMilliseconds
        guard pooling == .none else { return try run([call], limit, row: row)[0] }
        if limit != self.statementMilliseconds {
            try connection.execute("set statement_timeout = \(limit)", timeoutMilliseconds: settings.answerMilliseconds)
            self.statementMilliseconds = limit
        }
        return try connection.query(call, timeoutMilliseconds: answer(limit), row: row)
    }

    /// Runs statements in one transaction and one round trip.
    func run(
        _ calls: [Call],
        _ statementMilliseconds: Int32,
        row: ((Result) -> Bool)? = nil
    ) throws(PostgresError) -> [Result] {
        let first = pooling == .none ? [] : [Call(settings.sql(isLocal: true, statementMilliseconds))]
        let timeout = answer(statementMilliseconds)
        return Array(try connection.pipeline(first + calls, timeoutMilliseconds: timeout, row: row)[first.count...])
    }

    /// Prepares statements for `run(prepared:)`, where the connection is one to the server.
    func prepare(_ statements: [PreparedStatement]) throws(PostgresError) {
        guard pooling == .none else { return }
        for statement in statements {
            do throws(PostgresError) {
                try connection.prepare(
                    statement.name,
                    statement.sql,
                    timeoutMilliseconds: settings.answerMilliseconds
                )
            } catch {
                guard error.isAboutPreparedStatements else { throw error }
                return pooling = .transaction
            }
        }
    }

    /// Runs a prepared statement, or one that the server parses each time where a pooler may be in between.
    func run(
        prepared statement: PreparedStatement,
        _ buffer: [UInt8],
        _ places: [Range<Int>]
    ) throws(PostgresError) -> Result {
        if pooling == .none {
            do throws(PostgresError) {
                return try connection.run(
                    statement.name,
                    buffer,
                    places,
                    timeoutMilliseconds: settings.answerMilliseconds
                )
            } catch {
                guard error.isAboutPreparedStatements else { throw error }
                // A pooler that does not show otherwise: from now on nothing of the session is relied on.
                pooling = .transaction
            }
        }
        return try run(Call(statement.sql, buffer, places: places))
    }

    /// Milliseconds for the server to respond, a little more than its own limit.
    private func answer(_ statementMilliseconds: Int32) -> Int32 {
        statementMilliseconds + SessionSettings.graceMilliseconds
    }

    /// A statement that applies our settings to the transaction that it is part of.
    func localSettings(_ statementMilliseconds: Int32) -> String {
        settings.sql(isLocal: true, statementMilliseconds)
    }

    // MARK: - A transaction of several round trips

    /// Begins a transaction with our settings; not for statement pooling.
    func begin(_ isolation: String) throws(PostgresError) {
        let begin = "begin isolation level \(isolation)"
        try connection.execute(
            pooling == .none ? begin : begin + ";\n" + settings.sql(isLocal: true),
            timeoutMilliseconds: settings.answerMilliseconds
        )
        localMilliseconds = pooling == .none ? statementMilliseconds : settings.statementMilliseconds
    }

    /// Runs one statement within the transaction that was begun.
    func runWithin(
        _ call: Call,
        statementMilliseconds: Int32,
        row: ((Result) -> Bool)? = nil
    ) throws(PostgresError) -> Result {
        if statementMilliseconds != localMilliseconds {
            try connection.execute(
                "set local statement_timeout = \(statementMilliseconds)",
                timeoutMilliseconds: settings.answerMilliseconds
            )
            localMilliseconds = statementMilliseconds
        }
        return try connection.query(call, timeoutMilliseconds: answer(statementMilliseconds), row: row)
    }
}

/// What is between us and the server.
enum Pooling: Sendable {
    /// Nothing, or what passes every session on as it is.
    case none
    /// A pooler that may give each transaction another server connection.
    case transaction
    /// A pooler that may give each statement another, and refuses transactions of several round trips.
    case statement
}

/// A statement that a writer runs for every batch.
struct PreparedStatement {
    let name: String
    let sql: String
}

/// The settings that a session needs, whatever is set for the server, the database or the role.
struct SessionSettings: Sendable {
    /// Milliseconds that the server is given to respond after its own limit.
    static let graceMilliseconds: Int32 = 1000

    /// Milliseconds for one statement, and for a lock (0: no limit of its own).
    var statementMilliseconds: Int32
    var lockMilliseconds: Int32 = 0
    /// What `search_path` must be so that our tables are found; nil when it is right as it is.
    var searchPath: String?

    var answerMilliseconds: Int32 { statementMilliseconds + Self.graceMilliseconds }

    /// One statement that applies them: to the session, or to the transaction it is part of.
    func sql(isLocal: Bool, _ statementMilliseconds: Int32? = nil) -> String {
        var values = [
            ("statement_timeout", "\(statementMilliseconds ?? self.statementMilliseconds)"),
            ("lock_timeout", "\(lockMilliseconds)"),
            ("idle_in_transaction_session_timeout", "0"),
            ("timezone", "UTC"),
            ("datestyle", "ISO"),
            ("intervalstyle", "postgres"),
            ("bytea_output", "hex"),
            ("extra_float_digits", "1"),
            ("standard_conforming_strings", "on"),
            ("client_min_messages", "warning"),
        ]
        if let searchPath { values.append(("search_path", searchPath)) }
        // Of a transaction that has begun it cannot be changed any more; there a conflict is tried again.
        if !isLocal { values.append(("default_transaction_isolation", "read committed")) }
        let sets = values.map { "set_config('\($0.0)', '\($0.1.doubled)', \(isLocal))" }
        // What was acknowledged must be on the disk, whatever the server's default; stricter settings stay.
        let durable = """
            case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', \(isLocal)) end
            """
        return "select " + (sets + [durable]).joined(separator: ", ")
    }
}

extension String {
    /// With each quote doubled, as literals want them; for names that hold no backslash.
    fileprivate var doubled: String {
        split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    }
}

extension PostgresError {
    /// 26000: no prepared statement of that name; 42P05: there is one already.
    fileprivate var isAboutPreparedStatements: Bool {
        stage == .answered && ["26000", "42P05"].contains(sqlState)
    }
}
