import Storage

extension PostgresDatabase {
    private static let figureTables = [
        "segments", "segment_columns", "dimension_values", "visitor_numbers", "removed_sessions", "insight_issues",
        "insight_releases", "insight_issue_releases", "insight_fingerprints", "insight_signals", "insight_signal_sizes",
        "insight_signal_returns", "fingerprint_blocks", "fingerprint_changes",
    ]
    /// Bytes of a row's header and of its entries in the indexes of events.
    private static let eventOverhead = 170

    func storageSize() throws(StoreError) -> StorageSize {
        func sum(_ tables: [String], _ function: String = "pg_total_relation_size") throws(StoreError) -> Int64 {
            let parts = tables.map { "\(function)('\($0)'::regclass)" }
            return try rows("select (\(parts.joined(separator: " + ")))::bigint", []).first?.first?.integer ?? 0
        }
        var size = StorageSize()
        let isInShards = try isInShards()
        size.events = try sum(
            ["collector_events", "delivery_reports"],
            isInShards ? "citus_total_relation_size" : "pg_total_relation_size"
        )
        size.submissions = try sum(["debug_data"])
        size.figures = try sum(Self.figureTables)
        size.bytesPerEvent =
            try rows(
                """
                select coalesce(avg(pg_column_size(own.*))::bigint + \(Self.eventOverhead), 0)
                from (select * from collector_events order by id desc limit \(SampledColumns.rows)) as own
                """,
                []
            ).first?.first?.integer ?? 0
        // The number of rows is an estimate of the statistics; without them, nothing is known to be reusable.
        let live =
            try rows(
                """
                select case when stats.n_live_tup > 0 then stats.n_live_tup else class.reltuples::bigint end,
                    pg_total_relation_size(class.oid)
                from pg_class as class join pg_stat_all_tables as stats on stats.relid = class.oid
                where class.oid = 'collector_events'::regclass
                """,
                []
            ).first
        if let count = live?[0].integer, count > 0, let bytes = live?[1].integer {
            size.reusable = max(0, bytes - count * size.bytesPerEvent)
        }
        return size
    }

    /// Whether Citus has the events in shards, whose size is not that of the table.
    private func isInShards() throws(StoreError) -> Bool {
        // The catalog of Citus exists only with the extension.
        let sql =
            "select (to_regclass('shard_positions') is not null and to_regclass('pg_dist_partition') is not null)::integer"
        guard try rows(sql, []).first?.first?.integer == 1 else { return false }
        let shards = "select count(*) from pg_dist_partition where logicalrelid = 'collector_events'::regclass"
        return try rows(shards, []).first?.first?.integer == 1
    }

    /// Vacuum returns the space of deleted rows to later ones.
    func returnSpace() throws(StoreError) -> Int64 { 0 }
}
