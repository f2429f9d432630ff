import Reports

/// The permissions of a request.
enum Access: Equatable, Sendable {
    case nothing
    /// May read everything and change nothing: a guest with a share link.
    case reading
    /// May do what the scope of an API token allows.
    case token(APIToken)
    case everything

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

    var access: Access { linkID == nil ? .everything : .reading }
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
