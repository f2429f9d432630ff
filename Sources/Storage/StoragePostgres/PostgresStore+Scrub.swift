import Postgres
package import Storage

extension PostgresStore {
    /// The timeout of one table, in milliseconds.
    static let scrubMilliseconds: Int32 = 6 * 3600 * 1000

    /// Frees the space of deleted rows, which later rows then overwrite.
    package func scrub(_ tables: [String]) throws(StoreError) -> [String] {
        let session = try connect(SessionSettings(statementMilliseconds: Self.scrubMilliseconds))
        let database = PostgresDatabase(session)
        var refused: [String] = []
        for table in tables {
            let row = try database.rows(Self.tableSQL, [.text(table)]).first
            guard let name = row?[0].text else { continue }
            // PostgreSQL would skip the table with a warning.
            guard row?[1].integer == 1 else {
                refused.append(table)
                continue
            }
            // Alone, since it does not run in a transaction, not even in that of the settings behind a pooler.
            try guarded { () throws(PostgresError) in
                let timeout = Self.scrubMilliseconds + SessionSettings.graceMilliseconds
                _ = try session.connection.execute("vacuum \(name)", timeoutMilliseconds: timeout)
            }
        }
        return refused
    }

    /// Its files are those of the server, which may run on another machine.
    package func occurrences(of bytes: [UInt8]) throws(StoreError) -> Int? { nil }

    /// The quoted name of a table with its schema, and whether the role may vacuum it.
    private static let tableSQL = """
        select format('%I.%I', nspname, relname),
            (
                pg_has_role(relowner, 'USAGE')
                or (select pg_has_role(datdba, 'USAGE') from pg_database where datname = current_database())
            )::integer
        from pg_class join pg_namespace as space on space.oid = relnamespace
        where pg_class.oid = to_regclass(?1)
        """
}
