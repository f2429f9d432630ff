import Postgres
package import Storage

extension PostgresStore {
    /// Bytes of a table up to which its rows are counted; the number of a larger one is that of the statistics.
    private static let countedBytesMax: Int64 = 16 << 20

    /// Nil: the server may be on another machine.
    package var diskFree: Int64? { nil }

    package func tableSizes(_ names: Set<String>) throws(StoreError) -> [String: TableSize] {
        let session = try connect(SessionSettings(statementMilliseconds: PostgresDatabase.defaultStatementTimeout))
        return try guarded { () throws(PostgresError) in
            var sizes: [String: TableSize] = [:]
            let list = names.sorted().map { "('\($0)')" }.joined(separator: ", ")
            for row in try session.run(Call(Self.sizesSQL(list))).rows {
                guard let name = row[0], let bytes = row[1].flatMap({ Int64($0) }) else { continue }
                var size = TableSize(rows: row[2].flatMap { Int64($0) } ?? 0, isCounted: false, bytes: bytes)
                if size.rows == 0 || bytes <= Self.countedBytesMax {
                    let count = try session.run(Call("select count(*) from \(name)")).rows
                    size.rows = count.first?.first.flatMap { $0 }.flatMap { Int64($0) } ?? 0
                    size.isCounted = true
                }
                sizes[name] = size
            }
            return sizes
        }
    }

    /// The tables of a list that exist, with their bytes and the rows of the statistics; 0 rows without statistics.
    private static func sizesSQL(_ list: String) -> String {
        """
        select list.name, pg_total_relation_size(class.oid),
            case when stats.n_live_tup > 0 then stats.n_live_tup else greatest(class.reltuples::bigint, 0) end
        from (values \(list)) as list (name)
        join pg_class as class on class.oid = to_regclass(list.name) and class.relkind in ('r', 'p')
        left join pg_stat_all_tables as stats on stats.relid = class.oid
        """
    }
}
