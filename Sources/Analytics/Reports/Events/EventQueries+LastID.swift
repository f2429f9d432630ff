package import Storage

extension EventQueries {
    /// The highest committed id, even if a lower one may still appear; 0 when there is none.
    package func lastID() throws(StoreError) -> Int64 {
        try database.rows("select max(id) from collector_events", []).first?.first?.integer ?? 0
    }
}
