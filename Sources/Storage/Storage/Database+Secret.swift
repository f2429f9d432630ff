extension Database {
    /// The secret of the database, which stays the same for as long as the database exists; nil when it is missing.
    package func secret() throws(StoreError) -> String? {
        try rows("select secret from insight_hash_key where id = 1").first?.first?.text
    }
}
