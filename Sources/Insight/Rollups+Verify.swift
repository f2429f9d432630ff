package import Storage

extension Rollups {
    /// Empties the rollups, so that `advance` makes them again; events that were set aside are tried again, too.
    package func clear() throws(StoreError) { try RollupPosition.read(database).clear(database, reason: .rebuild) }

    /// Events that could not be written: those that are listed, and those that were set aside when the list was full.
    package func deadLetters() throws(StoreError) -> (listed: Int64, unlisted: Int64) {
        (try RollupPosition.deadLettersListed(database), try RollupPosition.read(database).deadLettersUnlisted)
    }

    /// Makes the rollups once more from the events, beside those that there are, and compares; `progress` is told how many have been read.
    ///
    /// Events in the dead letters are left out, as they were. Gives rows that there are and should not be, or the other way round, by table;
    /// nothing when all is well.
    package func differences(
        progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) -> [(table: String, wrong: Int64, missing: Int64)] {
        var result: [(table: String, wrong: Int64, missing: Int64)] = []
        try database.snapshot { () throws(StoreError) in
            let end = try lastEventID()
            let lasting = try database.shadow(RollupWriter.tables)
            let checker = try Rollups(database)
            var last: Int64 = 0
            var count: Int64 = 0
            while last < end {
                last = try checker.read(from: last, to: end, limit: Self.portionMax).id
                count += Int64(checker.fold.eventsCount)
                try checker.write()
                progress(count)
            }
            for table in RollupWriter.tables {
                func count(_ first: String, _ second: String) throws(StoreError) -> Int64 {
                    try database.rows(
                        "select count(*) from (select * from \(first) except select * from \(second)) as difference"
                    ).first?.first?.integer ?? 0
                }
                let wrong = try count(lasting + table, table)
                let missing = try count(table, lasting + table)
                if wrong + missing > 0 { result.append((table, wrong, missing)) }
            }
        }
        return result
    }
}
