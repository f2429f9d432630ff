package import Storage

/// The key of the ids of imported events.
package enum ImportKey {
    /// Reads the secret of the database, which stays the same for as long as the database exists.
    ///
    /// - Throws: `.schema` when it is missing.
    package static func read(_ database: any Database) throws(StoreError) -> String {
        guard let secret = try database.rows("select secret from insight_hash_key where id = 1").first?.first?.text
        else {
            throw .schema(reason: "the table insight_hash_key must contain a secret")
        }
        return secret
    }
}
