import CAssets

/// A file of the web pages.
package struct Asset: Sendable {
    /// The path relative to the root, without a leading slash, such as `static/dashboard.0a1b2c3d.js`.
    package let path: String
    package let contentType: String
    /// The entity tag, without quotes.
    ///
    /// Changes whenever the content changes.
    package let entityTag: String
    /// Whether the file name contains a hash of the content, so that a browser never needs to revalidate it.
    package let isImmutable: Bool
    package let bytes: [UInt8]
    /// The gzip-compressed content; empty when compression does not reduce its size.
    package let gzip: [UInt8]
    package let brotli: [UInt8]

    package init(
        path: String,
        contentType: String,
        entityTag: String,
        isImmutable: Bool,
        bytes: [UInt8],
        gzip: [UInt8],
        brotli: [UInt8]
    ) {
        self.path = path
        self.contentType = contentType
        self.entityTag = entityTag
        self.isImmutable = isImmutable
        self.bytes = bytes
        self.gzip = gzip
        self.brotli = brotli
    }
}

/// A migration embedded in the executable.
package struct EmbeddedMigration: Sendable {
    /// `sqlite` or `postgres`, the folder of the migration.
    package let engine: String
    /// The file name without `.sql`.
    package let name: String
    package let sql: String
}

/// The files embedded in the executable.
///
/// Each call copies them, so call once at startup.
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

    /// The migrations of an engine (`sqlite` or `postgres`), ordered by number.
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

    /// The kept rules for channels, one a line: the form of scripts/build-channels.
    package static func channelRules() -> String {
        unsafe String(decoding: copy(collector_channel_rules_start(), collector_channel_rules_count), as: UTF8.self)
    }

    /// Countries by time zone, one zone a line: the form of scripts/build-zones.
    package static func zoneCountries() -> String {
        unsafe String(decoding: copy(collector_zone_countries_start(), collector_zone_countries_count), as: UTF8.self)
    }

    private static func copy(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
