import Postgres
package import Storage

/// A standby that a PostgreSQL server streams its log to.
// Unchecked: by the contract of `Replica`, `compare` is called by one thread at a time, and only it uses the connections.
package final class PostgresReplica: Replica, @unchecked Sendable {
    /// The timeout of a statement of a comparison in milliseconds.
    private static let compareMilliseconds: Int32 = 2000

    private let primary: PostgresStore
    private let standby: PostgresStore
    private var sessions: (primary: Session, standby: Session)?

    package var store: any Store { standby }

    /// - Parameters:
    ///   - url: The connection string of the standby.
    ///   - primaryURL: The connection string of its primary.
    ///   - migrations: All known migrations, in order.
    package init(url: String, primaryURL: String, migrations: [Migration]) {
        standby = PostgresStore(url: url, migrations: migrations)
        primary = PostgresStore(url: primaryURL, migrations: migrations)
    }

    // The number of the primary's timeline is in the names of its log files, where it is current at once.
    private static let primarySQL = """
        select pg_current_wal_insert_lsn() - '0/0', system_identifier,
            ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
        from pg_control_system()
        """
    // That of a standby is the one of its last restart point. After a failover it follows the new primary for minutes under the old number,
    // and is not used until then: it may have got transactions that the new primary never got.
    private static let standbySQL = """
        select pg_last_wal_replay_lsn() - '0/0', system_identifier, timeline_id, pg_is_in_recovery()
        from pg_control_system(), pg_control_checkpoint()
        """

    package func compare() throws(StoreError) -> ReplicaPositions {
        do throws(StoreError) {
            let settings = SessionSettings(statementMilliseconds: Self.compareMilliseconds)
            let (primary, standby) =
                if let sessions { sessions } else {
                    try (self.primary.connect(settings), self.standby.connect(settings))
                }
            sessions = (primary, standby)
            // In this order: what the standby has applied later includes what was committed before.
            let original = try Self.row(primary, Self.primarySQL)
            let copy = try Self.row(standby, Self.standbySQL)
            guard copy[3] == "t" else { throw .unavailable(reason: "it is not a standby, or was promoted") }
            guard copy[1] == original[1] else { throw .unavailable(reason: "it is a standby of another server") }
            guard copy[2] == original[2] else {
                throw .unavailable(reason: "it has no restart point since its primary was promoted")
            }
            guard let committed = original[0].flatMap(Int64.init), let applied = copy[0].flatMap(Int64.init) else {
                throw .unavailable(reason: "it has not applied anything yet")
            }
            return ReplicaPositions(committed: committed, applied: applied)
        } catch {
            sessions = nil
            throw error
        }
    }

    private static func row(_ session: Session, _ sql: String) throws(StoreError) -> [String?] {
        try guarded { () throws(PostgresError) in try session.run(Call(sql)).rows[0] }
    }
}
