package import Storage
import Texts

/// What an API token allows.
package enum TokenScope: String, Sendable, CaseIterable {
    /// Reports and exports.
    case read
    /// What `read` allows, and changes.
    case write
    /// Sending events past the rate limit, and nothing else.
    case ingest

    /// Whether a token with this scope may do what needs the other one.
    package func includes(_ needed: TokenScope) -> Bool {
        self == needed || (self == .write && needed == .read)
    }
}

/// A token with which a program of the owner uses the API.
package struct APIToken: Sendable, Hashable {
    package var id: String
    package var name: String
    package var scope: TokenScope
    /// Seconds since 1970.
    package var createdAt: Int64
    /// Nil when it does not expire.
    package var expiresAt: Int64?
    /// At most `ShareTables.useSeconds` older than the last use.
    package var lastUsedAt: Int64?

    package init(
        id: String,
        name: String,
        scope: TokenScope,
        createdAt: Int64,
        expiresAt: Int64?,
        lastUsedAt: Int64? = nil
    ) {
        self.id = id
        self.name = name
        self.scope = scope
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
    }
}

/// Stores API tokens, with a hash of each secret instead of the secret.
package struct APITokens: Sendable {
    /// The most tokens, including expired ones.
    package static let tokensMax = 100
    /// The most bytes of a name.
    package static let nameBytesMax = 100

    /// Why a token was not stored.
    package enum Problem: Sendable { case sameName, tooMany }

    private let database: any Database

    package init(_ database: any Database) { self.database = database }

    private static let columns = "id, name, scope, created_at, expires_at, last_used_at, secret_hash"

    /// A row; nil when a later version has stored a scope that this one does not know.
    private static func token(_ row: [SQLValue]) -> (token: APIToken, hash: String)? {
        guard let id = row[0].text, let name = row[1].text, let created = row[3].integer, let hash = row[6].text,
            let scope = row[2].text.flatMap({ TokenScope(rawValue: $0) })
        else { return nil }
        let token = APIToken(
            id: id,
            name: name,
            scope: scope,
            createdAt: created,
            expiresAt: row[4].integer,
            lastUsedAt: row[5].integer
        )
        return (token, hash)
    }

    /// All tokens, the newest first, including expired ones.
    package func all() throws(StoreError) -> [APIToken] {
        try database.briefRows("select \(Self.columns) from api_tokens order by created_at desc, id", [])
            .compactMap { Self.token($0)?.token }
    }

    /// Adds a token with the hash of its secret.
    ///
    /// - Returns: nil when it is stored.
    package func add(_ token: APIToken, hash: String) throws(StoreError) -> Problem? {
        let isAdded = try database.add(
            to: "api_tokens",
            "id, name, scope, secret_hash, created_at, expires_at",
            [
                .text(token.id), .text(token.name), .text(token.scope.rawValue), .text(hash),
                .integer(token.createdAt), SQLValue(token.expiresAt),
            ],
            max: Int64(Self.tokensMax)
        )
        if isAdded { return nil }
        return try all().contains { haveSameBytes($0.name, token.name) } ? .sameName : .tooMany
    }

    /// Removes a token.
    ///
    /// - Returns: false when there is no such token.
    package func revoke(_ id: String) throws(StoreError) -> Bool {
        var isKnown = false
        try database.transaction { () throws(StoreError) in
            isKnown = try !database.briefRows("delete from api_tokens where id = ?1 returning id", [.text(id)]).isEmpty
        }
        return isKnown
    }

    // MARK: - Use

    /// Tokens with the hashes of their secrets, by their ids.
    package func find(_ ids: [String]) throws(StoreError) -> [String: (token: APIToken, hash: String)] {
        guard !ids.isEmpty else { return [:] }
        let names = database.padded(ids.map { .text($0) })
        let list = (1...names.count).map { "?\($0)" }.joined(separator: ", ")
        let rows = try database.briefRows("select \(Self.columns) from api_tokens where id in (\(list))", names)
        return rows.reduce(into: [:]) { found, row in
            if let token = Self.token(row) { found[token.token.id] = token }
        }
    }

    /// Updates the last use of tokens, unless it is known well enough.
    package func use(_ tokens: [APIToken], now: Int64) throws(StoreError) {
        for token in tokens where (token.lastUsedAt ?? 0) < now - ShareTables.useSeconds {
            _ = try database.briefRows(
                "update api_tokens set last_used_at = ?2 where id = ?1",
                [.text(token.id), .integer(now)]
            )
        }
    }
}
