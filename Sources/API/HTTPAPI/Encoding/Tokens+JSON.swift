import Reports

extension APIToken: JSONRepresentable {
    /// Without the secret, which is not stored.
    var members: [(String, JSONEncodedValue)] {
        [
            ("id", .text(id)), ("name", .text(name)), ("scope", .text(scope.rawValue)),
            ("created", .integer(createdAt)), ("expires", JSONEncodedValue(expiresAt)),
            ("last_used", JSONEncodedValue(lastUsedAt)),
        ]
    }

    var json: JSONEncodedValue { .object(members) }
}
