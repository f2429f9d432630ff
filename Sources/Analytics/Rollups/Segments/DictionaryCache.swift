import Locks
package import Segments
package import Storage

/// Caches the dictionaries of a database and loads new entries as they appear; safe to use from any thread.
package final class DictionaryCache: Sendable {
    private struct State: Sendable {
        var generation: Int64 = -1
        var version: Int64 = -1
        var dictionaries = DimensionDictionaries()
    }

    private let state = Locked(State())

    package init() {}

    /// Returns dictionaries that contain at least the entries visible in the current snapshot.
    package func current(_ database: any Database) throws(StoreError) -> DimensionDictionaries {
        let position = try RollupPosition.read(database)
        let known = state.withLock { $0 }
        if known.generation == position.generation, known.version >= position.version { return known.dictionaries }
        var fresh = State(generation: position.generation, version: position.version)
        if known.generation == position.generation { fresh.dictionaries = known.dictionaries }
        try fresh.dictionaries.complete(database)
        state.withLock { state in
            // Another thread may have stored a newer state.
            guard (fresh.generation, fresh.version) > (state.generation, state.version) else { return }
            state = fresh
        }
        return fresh.dictionaries
    }
}

extension DimensionDictionaries {
    /// Loads the rows of `dimension_values` that are not in memory yet.
    ///
    /// - Throws: `.damaged` when codes are missing: they could be reassigned to other texts.
    mutating func complete(_ database: any Database, prefix: String = "") throws(StoreError) {
        let conditions = Column.Dictionary.allCases.map {
            "select dictionary, code, value, site, day, event_id from \(prefix)dimension_values "
                + "where dictionary = \($0.rawValue) and code >= \(count($0))"
        }
        var entries: [Entry] = []
        try database.stream(
            conditions.joined(separator: " union all ") + " order by 1, 2",
            [],
            milliseconds: 600_000
        ) { row in
            guard
                let dictionary = row[0].integer.flatMap({ Column.Dictionary(rawValue: Int16(truncatingIfNeeded: $0)) })
            else { return true }
            entries.append(
                Entry(
                    dictionary: dictionary,
                    code: UInt32(truncatingIfNeeded: row[1].integer ?? 0),
                    text: row[2].text ?? "",
                    site: UInt32(truncatingIfNeeded: row[3].integer ?? 0),
                    day: row[4].integer ?? 0,
                    eventID: row[5].integer ?? 0
                )
            )
            return true
        }
        for entry in entries {
            // A concurrent query may have loaded some of them.
            guard Int(entry.code) <= count(entry.dictionary) else {
                throw .damaged(reason: "values are missing in dimension_values; run 'collector rebuild'")
            }
            load(entry)
        }
    }
}
