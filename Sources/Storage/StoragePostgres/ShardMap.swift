import Postgres
import Storage

/// How the table of events is distributed by `visitor_id` over the shards of several servers.
struct ShardMap {
    /// The shard of records that stay on the server to which the program connects: submissions, which may have no visitor.
    static let local = 0
    /// The number of candidates for the key of each shard: with 64, a shard among 1,000 is missed once in 10^25 databases.
    private static let candidatesPerShard = 64

    private enum Kind: Equatable {
        /// Distributed by the extension Citus; shards have its shard ids.
        case citus
        /// Hash partitions, which may be foreign tables; shards are numbered by their remainders, from 1.
        case partitions(modulus: Int)
        /// One table that was distributed before: a restored backup, or after `undistribute_table` of Citus.
        case undistributed
    }

    /// Why a batch cannot be written when shards have been split since the connection was opened.
    static let changed = "the shards of the table of events have changed"

    private let kind: Kind
    /// For each shard, a visitor id that belongs to it: the `visitor_id` of its positions.
    let keys: [Int: String]

    /// Whether the shards are on several servers, or can be.
    var isDistributed: Bool { kind != .undistributed }
    /// Whether Citus has the shards.
    var isCitus: Bool { kind == .citus }

    /// Reads the distribution; nil when the table of events has never been distributed.
    init?(_ session: Session) throws(PostgresError) {
        guard let (kind, count) = try Self.kind(session) else { return nil }
        self.kind = kind
        // The first of the numbers whose text belongs to a shard is its key, in all processes and at all times.
        let rows = try session.run(
            Call(
                """
                select distinct on (shard) shard, key
                from (
                    select number, number::text as key, \(Self.shard(kind, of: "number::text")) as shard
                    from generate_series(1, \(count * Self.candidatesPerShard)) as number
                ) as candidates
                order by shard, number
                """
            )
        ).rows
        let keys = rows.compactMap { row in row[0].flatMap { Int($0) }.map { ($0, row[1] ?? "") } }
        guard keys.count == count else {
            let reason = "\(count - keys.count) of \(count) shards have no key"
            throw PostgresError(stage: .answered, sqlState: "XX000", reason: reason)
        }
        self.keys = Dictionary(uniqueKeysWithValues: keys)
    }

    private static func kind(_ session: Session) throws(PostgresError) -> (Kind, count: Int)? {
        let facts = try session.run(
            Call(
                """
                select to_regclass('shard_positions') is not null, to_regclass('pg_dist_partition') is not null,
                    (select count(*) from pg_inherits where inhparent = to_regclass('collector_events')),
                    (
                        select string_agg(distinct substring(pg_get_expr(relpartbound, pg_class.oid) from 'modulus ([0-9]+)'), ' ')
                        from pg_inherits join pg_class on pg_class.oid = inhrelid
                        where inhparent = to_regclass('collector_events')
                    )
                """
            )
        ).rows[0]
        // The table of positions is created when the tables are distributed.
        guard facts[0] == "t" else { return nil }
        if let count = facts[2].flatMap({ Int($0) }), count > 0 {
            guard facts[3] == String(count) else {
                let reason = "the partitions of collector_events are not all there, or have different moduli"
                throw PostgresError(stage: .answered, sqlState: "XX000", reason: reason)
            }
            return (.partitions(modulus: count), count)
        }
        guard facts[1] == "t" else { return (.undistributed, 1) }
        let sql = "select count(*) from pg_dist_shard where logicalrelid = 'collector_events'::regclass"
        let count = try session.run(Call(sql)).rows[0][0].flatMap { Int($0) } ?? 0
        return count > 0 ? (.citus, count) : (.undistributed, 1)
    }

    /// An expression for the number of the shard of a visitor, computed by the server's own hash function.
    private static func shard(_ kind: Kind, of visitor: String) -> String {
        switch kind {
        case .citus: "get_shard_id_for_distribution_column('collector_events', \(visitor))"
        case .partitions(let modulus):
            """
            (
                select remainder + 1 from generate_series(0, \(modulus - 1)) as remainder
                where satisfies_hash_partition('collector_events'::regclass, \(modulus), remainder, \(visitor))
            )
            """
        case .undistributed: "(1 + 0 * length(\(visitor)))"
        }
    }

    /// Statements for the beginning of each transaction, with settings for the servers of the shards.
    ///
    /// Acknowledged records must be durable, regardless of the defaults of these servers.
    var transactionSettings: String? {
        isCitus ? "set local citus.propagate_set_commands = 'local'; set local synchronous_commit = 'on'" : nil
    }

    /// A statement that returns the shards of visitors, which are its only parameter, in their order.
    var routeSQL: String {
        """
        select \(Self.shard(kind, of: "visitor.id"))
        from unnest($1::text[]) with ordinality as visitor (id, number)
        order by visitor.number
        """
    }
}
