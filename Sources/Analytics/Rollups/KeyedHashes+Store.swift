package import Aggregation
package import Storage

extension KeyedHashes {
    /// Reads the store's secret key.
    ///
    /// - Throws: `.schema` when the key is missing or malformed.
    package init(_ database: any Database) throws(StoreError) {
        guard let hashes = try database.secret().flatMap(Self.init(secret:)) else {
            throw .schema(reason: "the table insight_hash_key must contain a secret of 64 hexadecimal digits")
        }
        self = hashes
    }
}
