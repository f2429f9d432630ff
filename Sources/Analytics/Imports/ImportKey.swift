package import Storage

/// The key of the ids of imported events.
package enum ImportKey {
    /// Reads the secret of the database.
    ///
    /// - Throws: `.schema` when it is missing.
    package static func read(_ database: any Database) throws(StoreError) -> String {
        guard let secret = try database.secret() else {
            throw .schema(reason: "the table insight_hash_key must contain a secret")
        }
        return secret
    }
}
