extension Database {
    /// Returns the `columns` of the rows with the given keys, in no particular order.
    ///
    /// Keys without a row are skipped. `keys` are values of `key`, which should be the table's
    /// primary key or a prefix of an index.
    package func lookup(
        _ table: String,
        key: [String],
        _ keys: [[SQLValue]],
        columns: [String],
        expressions: [String] = []
    ) throws(StoreError) -> [[SQLValue]] {
        let list = (columns.map { "own.\($0)" } + expressions).joined(separator: ", ")
        let condition = key.map { "own.\($0) = wanted.\($0)" }.joined(separator: " and ")
        var found: [[SQLValue]] = []
        // A cross join makes SQLite iterate over the keys instead of the table.
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

    /// Deletes the rows with the given keys for which `condition` is true.
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

    /// Calls the body with chunks of keys.
    ///
    /// Chunks have few different sizes, so that prepared statements are reused.
    private func each(
        _ keys: [[SQLValue]],
        _ body: (_ values: String, _ parameters: [SQLValue]) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard let width = keys.first?.count, width > 0 else { return }
        for start in stride(from: 0, to: keys.count, by: Self.keysMax) {
            var part = Array(keys[start..<min(start + Self.keysMax, keys.count)])
            var size = 1
            while size < part.count { size *= 4 }
            // Padding with a duplicate key would return its row twice. No row has a key of nulls.
            part += Array(repeating: Array(repeating: SQLValue.null, count: width), count: size - part.count)
            let values = (0..<size).map { row in
                "(" + (1...width).map { "?\(row * width + $0)" }.joined(separator: ", ") + ")"
            }
            try body(values.joined(separator: ", "), Array(part.joined()))
        }
    }

    /// The number of keys in one statement; a power of four.
    private static var keysMax: Int { 256 }
}
