extension Database {
    /// Adds a row unless its table has `max` rows, or as many with the row's value of `group`, where null equals null.
    ///
    /// Requests at the same time cannot exceed the limit, also on several connections. A row that conflicts with another one is not added.
    /// The first value of the row is its unique `id`. Without `group`, all rows count.
    ///
    /// - Returns: Whether the row was added.
    package func add(
        to table: String,
        _ row: KeyValuePairs<String, SQLValue>,
        max: Int64,
        group: String? = nil
    ) throws(StoreError) -> Bool {
        var condition = ""
        if let group, let index = row.firstIndex(where: { $0.key == group }) {
            condition = row[index].value == .null ? " where \(group) is null" : " where \(group) = ?\(index + 1)"
        }
        // The check and the insert are one statement: behind some poolers, changes are deferred to the end of a transaction.
        let sql = """
            insert into \(table) (\(row.map(\.key).joined(separator: ", ")))
            select \((1...row.count).map { "?\($0)" }.joined(separator: ", "))
            where (select count(*) from \(table)\(condition)) < ?\(row.count + 1)
            on conflict do nothing
            """
        try transaction { () throws(StoreError) in
            try takeTurn(table)
            _ = try change(sql, row.map(\.value) + [.integer(max)])
        }
        return try !rows("select 1 from \(table) where id = ?1", [row[0].value]).isEmpty
    }

    /// Makes the rest of the transaction run after those of other connections that have taken their turn with the table.
    package func takeTurn(_ table: String) throws(StoreError) {
        if let turn = dialect.turn(table) { _ = try change(turn, []) }
    }
}
