extension Database {
    /// Adds a row unless its table has `max` rows, or as many with the row's value of `group`, where null equals null.
    ///
    /// Requests at the same time cannot exceed the limit, also on several connections. A row that conflicts with another one is not added.
    /// `columns` are separated by commas; the first is the unique `id`. Without `group`, all rows count.
    ///
    /// - Returns: Whether the row was added.
    package func add(
        to table: String,
        _ columns: String,
        _ values: [SQLValue],
        max: Int64,
        group: String? = nil
    ) throws(StoreError) -> Bool {
        var condition = ""
        if let group, let index = columns.split(separator: ", ").firstIndex(where: { $0 == group }) {
            condition = values[index] == .null ? " where \(group) is null" : " where \(group) = ?\(index + 1)"
        }
        // The check and the insert are one statement: behind some poolers, changes are deferred to the end of a transaction.
        let sql = """
            insert into \(table) (\(columns))
            select \((1...values.count).map { "?\($0)" }.joined(separator: ", "))
            where (select count(*) from \(table)\(condition)) < ?\(values.count + 1)
            on conflict do nothing
            """
        try transaction { () throws(StoreError) in
            try takeTurn(table)
            _ = try change(sql, values + [.integer(max)])
        }
        let found = try rows(
            "select 1 from \(table) where id = ?1",
            Array(values.prefix(1)),
            milliseconds: Self.catalogMilliseconds
        )
        return !found.isEmpty
    }

    /// Makes the rest of the transaction run after those of other connections that have taken their turn with the table.
    package func takeTurn(_ table: String) throws(StoreError) {
        if let turn = dialect.turn(table) { _ = try change(turn, []) }
    }
}
