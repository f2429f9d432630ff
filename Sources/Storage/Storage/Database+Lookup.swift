extension Database {
    /// Rows of a table by its key, many at a time: `columns` of those that there are, in no order.
    ///
    /// `keys` are values of `key`, which ought to be the table's primary key or the beginning of an index.
    package func lookup(
        _ table: String,
        key: [String],
        _ keys: [[SQLValue]],
        columns: [String]
    ) throws(StoreError) -> [[SQLValue]] {
        let list = columns.map { "own.\($0)" }.joined(separator: ", ")
        let condition = key.map { "own.\($0) = wanted.\($0)" }.joined(separator: " and ")
        var found: [[SQLValue]] = []
        // A cross join, so that SQLite walks over the keys and not over the table.
        try each(keys) { values, parameters throws(StoreError) in
            found += try rows(
                """
                with wanted(\(key.joined(separator: ", "))) as (values \(values))
                select \(list) from wanted cross join \(table) as own where \(condition)
                """,
                parameters
            )
        }
        return found
    }

    /// Deletes rows of a table by its key, as far as `condition` holds for them.
    package func delete(
        _ table: String,
        key: [String],
        _ keys: [[SQLValue]],
        where condition: String
    ) throws(StoreError) {
        try each(keys) { values, parameters throws(StoreError) in
            _ = try change(
                "delete from \(table) where (\(key.joined(separator: ", "))) in (values \(values)) and \(condition)",
                parameters
            )
        }
    }

    /// Gives keys in parts of few different sizes, so that statements that were prepared are used again.
    private func each(
        _ keys: [[SQLValue]],
        _ body: (_ values: String, _ parameters: [SQLValue]) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard let width = keys.first?.count, width > 0 else { return }
        for start in stride(from: 0, to: keys.count, by: Self.keysMax) {
            var part = Array(keys[start..<min(start + Self.keysMax, keys.count)])
            var size = 1
            while size < part.count { size *= 4 }
            // A key that is named twice would give its row twice; nothing has a key of nulls.
            part += Array(repeating: Array(repeating: SQLValue.null, count: width), count: size - part.count)
            let values = (0..<size).map { row in
                "(" + (1...width).map { "?\(row * width + $0)" }.joined(separator: ", ") + ")"
            }
            try body(values.joined(separator: ", "), Array(part.joined()))
        }
    }

    /// Keys of one statement: a power of four.
    private static var keysMax: Int { 256 }
}
