import Postgres
import Storage

/// A connection whose settings do not depend on the defaults of the server, the database or the role.
///
/// A direct connection gets the settings once. Behind a pooler, where each transaction may run on another
/// server connection, each transaction starts with `set_config(…, true)`, which does not outlive it.
// Unchecked: its owner uses it from one thread at a time.
final class Session: @unchecked Sendable {
    let connection: Connection
    private(set) var pooling: Pooling
    private let settings: SessionSettings
    /// The statement timeout of a direct connection, as last set.
    private var statementMilliseconds: Int32
    /// The statement timeout of the current transaction.
    private var localMilliseconds: Int32 = 0
    /// The same at the savepoint.
    private var savepointMilliseconds: Int32 = 0

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

    // MARK: - Single statements

    /// Runs one statement in its own transaction.
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

    /// Prepares statements for `run(prepared:)`, if the connection is direct.
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

    /// Runs a prepared statement; behind a pooler, as a statement that the server parses each time.
    func run(
        prepared statement: PreparedStatement,
        _ buffer: [UInt8],
        _ ranges: [Range<Int>]
    ) throws(PostgresError) -> Result {
        if pooling == .none {
            do throws(PostgresError) {
                return try connection.run(
                    statement.name,
                    buffer,
                    ranges,
                    timeoutMilliseconds: settings.answerMilliseconds
                )
            } catch {
                guard error.isAboutPreparedStatements else { throw error }
                // An undetected pooler. From now on, do not rely on session state.
                pooling = .transaction
            }
        }
        return try run(Call(statement.sql, buffer, ranges: ranges))
    }

    /// The time to wait for the server's response in milliseconds, slightly longer than the server's own timeout.
    private func answer(_ statementMilliseconds: Int32) -> Int32 {
        statementMilliseconds + SessionSettings.graceMilliseconds
    }

    /// A statement that applies the settings to the transaction that contains it.
    func localSettings(_ statementMilliseconds: Int32) -> String {
        settings.sql(isLocal: true, statementMilliseconds)
    }

    // MARK: - Transactions of several round trips

    /// Begins a transaction with the session's settings.
    ///
    /// Not supported with statement pooling. `more` are statements to run in the same round trip.
    func begin(_ isolation: String, then more: String? = nil) throws(PostgresError) {
        let local = pooling == .none ? nil : settings.sql(isLocal: true)
        let statements = ["begin isolation level \(isolation)", local, more].compactMap { $0 }
        try connection.execute(
            statements.joined(separator: ";\n"),
            timeoutMilliseconds: settings.answerMilliseconds
        )
        localMilliseconds = pooling == .none ? statementMilliseconds : settings.statementMilliseconds
    }

    /// Sets a savepoint in the current transaction; they are not nested.
    func savepoint() throws(PostgresError) {
        try connection.execute("savepoint attempt", timeoutMilliseconds: settings.answerMilliseconds)
        savepointMilliseconds = localMilliseconds
    }

    /// Rolls back to the savepoint, which also restores the statement timeout.
    func rollBackToSavepoint() throws(PostgresError) {
        try connection.execute(
            "rollback to savepoint attempt; release savepoint attempt",
            timeoutMilliseconds: settings.answerMilliseconds
        )
        localMilliseconds = savepointMilliseconds
    }

    /// Runs one statement in the current transaction.
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

/// The connection pooling between the program and the server.
enum Pooling: Sendable {
    /// None, or a pooler that keeps sessions intact.
    case none
    /// Each transaction may run on another server connection.
    case transaction
    /// Each statement may run on another server connection, and transactions of several round trips are rejected.
    case statement
}

/// A statement that a writer runs for each batch.
struct PreparedStatement {
    let name: String
    let sql: String
}

/// The settings that a session requires, regardless of the settings of the server, the database and the role.
struct SessionSettings: Sendable {
    /// Milliseconds to wait for a response after the server's own timeout.
    static let graceMilliseconds: Int32 = 1000

    /// The timeouts for a statement and for a lock, in milliseconds (0: no separate timeout for locks).
    var statementMilliseconds: Int32
    var lockMilliseconds: Int32 = 0
    /// The `search_path` with which the program's tables are found; nil if the default is correct.
    var searchPath: String?

    var answerMilliseconds: Int32 { statementMilliseconds + Self.graceMilliseconds }

    /// One statement that applies the settings to the session, or to the transaction that contains it.
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
        // Cannot be changed in a transaction that has begun. There, a conflict is retried.
        if !isLocal { values.append(("default_transaction_isolation", "read committed")) }
        let sets = values.map { "set_config('\($0.0)', '\($0.1.doubled)', \(isLocal))" }
        // Acknowledged records must be durable, regardless of the server's default. Stricter settings are kept.
        let durable = """
            case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', \(isLocal)) end
            """
        return "select " + (sets + [durable]).joined(separator: ", ")
    }
}

extension String {
    /// The text with single quotes doubled, as in SQL literals.
    ///
    /// Only for names without backslashes.
    fileprivate var doubled: String {
        split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    }
}

extension PostgresError {
    /// 26000: the prepared statement does not exist; 42P05: it already exists.
    fileprivate var isAboutPreparedStatements: Bool {
        stage == .answered && ["26000", "42P05"].contains(sqlState)
    }
}
