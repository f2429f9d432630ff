import Reports

/// The permissions of a request.
enum Access: Equatable, Sendable {
    case nothing
    /// May read what a share link allows, and change nothing: its guest.
    case reading(ShareLimits)
    /// May do what the scope of an API token allows.
    case token(APIToken)
    case everything

    /// What a guest of a share link may read; nil for others.
    var shareLimits: ShareLimits? {
        guard case .reading(let limits) = self else { return nil }
        return limits
    }

    var word: String {
        switch self {
        case .nothing: "none"
        case .reading: "reader"
        case .token: "token"
        case .everything: "owner"
        }
    }
}

/// A session that this server has signed; its text does not show whether the session was ended.
struct SignedSession: Hashable, Sendable {
    let id: String
    /// The share link of a guest's session; nil for the owner's.
    let linkID: String?
    /// Seconds since 1970.
    let expiry: Int64

    /// Whether it is a session of the owner.
    var isOwner: Bool { linkID == nil }
}

/// The secret of an API token as the server keeps it; it does not show whether the token was revoked.
struct TokenKey: Hashable, Sendable {
    let id: String
    /// An HMAC of the secret under the owner's token, in hexadecimal digits.
    let hash: String
}

/// What lets a request in, other than the owner's token: the store has whether it is still valid.
enum Credential: Hashable, Sendable {
    case session(SignedSession)
    case token(TokenKey)

    var session: SignedSession? {
        switch self {
        case .session(let session): session
        case .token: nil
        }
    }

    var tokenKey: TokenKey? {
        switch self {
        case .session: nil
        case .token(let key): key
        }
    }
}
