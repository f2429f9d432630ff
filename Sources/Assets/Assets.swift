import CAssets

/// A file that was built into the program.
package struct Asset: Sendable {
    /// Path below the root, without a leading slash, for example `static/dashboard.0a1b2c3d.js`.
    package let path: String
    package let contentType: String
    /// Changes whenever the content does; without quotes.
    package let entityTag: String
    /// Whether the name changes with the content, so that a browser never needs to ask again.
    package let isImmutable: Bool
    package let bytes: [UInt8]
    /// Empty when compression gains nothing.
    package let gzip: [UInt8]
    package let brotli: [UInt8]
}

/// A migration that was built into the program.
package struct EmbeddedMigration: Sendable {
    /// `sqlite` or `postgres`: the folder it came from.
    package let engine: String
    /// File name without `.sql`.
    package let name: String
    package let sql: String
}

/// Everything that was built into the program; read once at start, since each call copies.
package enum Assets {
    /// The files of the web pages.
    package static func files() -> [Asset] {
        (0..<collector_assets_count).compactMap { index -> Asset? in
            guard let entry = unsafe collector_asset_at(index)?.pointee else { return nil }
            return unsafe Asset(
                path: String(cString: entry.path),
                contentType: String(cString: entry.type),
                entityTag: String(cString: entry.etag),
                isImmutable: entry.immutable != 0,
                bytes: copy(entry.bytes, entry.count),
                gzip: copy(entry.gzip, entry.gzip_count),
                brotli: copy(entry.brotli, entry.brotli_count)
            )
        }
    }

    /// The migrations of one engine, in order of their numbers.
    package static func migrations(engine: String) -> [EmbeddedMigration] {
        let all = (0..<collector_migrations_count).compactMap { index -> EmbeddedMigration? in
            guard let entry = unsafe collector_migration_at(index)?.pointee else { return nil }
            return unsafe EmbeddedMigration(
                engine: String(cString: entry.engine),
                name: String(cString: entry.name),
                sql: String(decoding: copy(entry.bytes, entry.count), as: UTF8.self)
            )
        }
        return all.filter { $0.engine == engine }.sorted { $0.name < $1.name }
    }

    /// The kept rules for user agents, one a line: the form of scripts/build-agents.
    package static func agentRules() -> String {
        unsafe String(decoding: copy(collector_agent_rules_start(), collector_agent_rules_count), as: UTF8.self)
    }

    private static func copy(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
