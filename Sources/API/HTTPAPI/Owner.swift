import Crypto

/// Authenticates the owner by the token; sessions, share links and API tokens by a signature with the token.
///
/// Only a holder of the token can create a signed text. A restart therefore ends no session, and a new token ends all sessions, share links and
/// API tokens.
struct Owner: Sendable {
    static let cookieName = "collector_session"
    /// The lifetime of the owner's session in seconds.
    static let sessionSeconds: Int64 = 30 * 86_400
    /// The most cookies of our name that are read; a neighbor on the same domain may have set others.
    static let cookiesMax = 8

    /// The result of reading an `Authorization` header.
    enum Bearer: Equatable {
        /// There is no header, or it has another scheme, which belongs to a proxy.
        case absent
        case right
        /// An API token that we have made.
        case token(TokenKey)
        case wrong
    }

    private let token: [UInt8]
    private let digest: [UInt8]
    /// Makes the compared values unpredictable.
    private let pepper: [UInt8]

    /// - Parameter token: The owner's token, not empty.
    init(token: String) {
        precondition(!token.isEmpty, "an empty token would let everybody in")
        self.token = Array(token.utf8)
        pepper = Array(String(UInt64.random(in: .min ... .max)).utf8)
        digest = HMAC.hex(of: self.token, key: pepper)
    }

    /// Whether a text is the token; the time of the comparison depends only on the length of the text.
    func isToken(_ text: some StringProtocol) -> Bool {
        Self.isEqual(HMAC.hex(of: Array(text.utf8), key: pepper), digest)
    }

    func bearer(_ authorization: String?) -> Bearer {
        guard let text = Self.bearerText(authorization) else { return .absent }
        if isToken(text) { return .right }
        return tokenKey(text).map { .token($0) } ?? .wrong
    }

    /// Whether an `Authorization` header has an API token, which may be wrong.
    func isAPIToken(_ authorization: String?) -> Bool {
        Self.bearerText(authorization)?.prefix(Self.secretPrefix.count).lowercased() == Self.secretPrefix
    }

    /// What follows the scheme in an `Authorization` header; nil when there is no header, or it has another scheme.
    private static func bearerText(_ authorization: String?) -> Substring? {
        let scheme = "bearer "
        guard let authorization, authorization.prefix(scheme.count).lowercased() == scheme else { return nil }
        return authorization.dropFirst(scheme.count)
    }

    /// The sessions in the cookies of a request that we signed and that have not expired, the owner's first.
    func sessions(_ cookie: String?, now: Int64) -> [SignedSession] {
        var found: [SignedSession] = []
        var looked = 0
        for part in (cookie ?? "").split(separator: ";") where looked < Self.cookiesMax {
            let pair = part.drop { $0 == " " }
            guard pair.hasPrefix(Self.cookieName + "=") else { continue }
            looked += 1
            if let session = session(pair.dropFirst(Self.cookieName.count + 1), now: now) { found.append(session) }
        }
        return found.filter { $0.linkID == nil } + found.filter { $0.linkID != nil }
    }

    // MARK: - Signed texts

    /// The kinds of signed texts.
    private enum Kind: String {
        case session = "o"
        case guest = "g"
        case link = "r"
    }

    /// The signed text of a session.
    func text(_ session: SignedSession) -> String {
        let middle = session.linkID.map { "\(session.id).\($0)" } ?? session.id
        return signed(session.linkID == nil ? .session : .guest, session.expiry, middle)
    }

    /// The secret of a share link; `expiry` is in seconds since 1970.
    func linkText(id: String, expiry: Int64) -> String { signed(.link, expiry, id) }

    /// The session of a signed text; nil when we did not sign it or it has expired.
    func session(_ text: some StringProtocol, now: Int64) -> SignedSession? {
        guard let (kind, expiry, rest) = verified(text), expiry > now else { return nil }
        switch (kind, rest.count) {
        case (.session, 1): return SignedSession(id: rest[0], linkID: nil, expiry: expiry)
        case (.guest, 2): return SignedSession(id: rest[0], linkID: rest[1], expiry: expiry)
        default: return nil
        }
    }

    /// The id and expiry of a share link; nil when we did not sign the text.
    func link(_ text: some StringProtocol) -> (id: String, expiry: Int64)? {
        guard let (kind, expiry, rest) = verified(text), kind == .link, rest.count == 1 else { return nil }
        return (rest[0], expiry)
    }

    // MARK: - API tokens

    /// The beginning of each secret of an API token.
    static let secretPrefix = "ct_"
    /// The digits of the code at the end of a secret.
    private static let secretCodeDigits = 16

    /// Creates the secret of an API token: its id, a random part, and a code of both, by which made-up secrets are refused without the store.
    func makeTokenSecret(id: String) -> String {
        let text = Self.secretPrefix + id + "_" + Self.makeID()
        return text + "_" + code(text).prefix(Self.secretCodeDigits)
    }

    /// The id of an API token and what is kept of its secret; nil when we have not made the secret.
    func tokenKey(_ secret: some StringProtocol) -> TokenKey? {
        let parts = secret.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 4, secret.hasPrefix(Self.secretPrefix), let given = parts.last else { return nil }
        let known = parts.dropLast().joined(separator: "_")
        guard Self.isEqual(Array(given.utf8), Array(code(known).utf8.prefix(Self.secretCodeDigits))) else { return nil }
        return TokenKey(id: String(parts[1]), hash: code(String(secret)))
    }

    /// Creates an unpredictable id.
    static func makeID() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    private func signed(_ kind: Kind, _ expiry: Int64, _ rest: String) -> String {
        let text = "\(kind.rawValue).\(expiry).\(rest)"
        return text + "." + code(text)
    }

    private func verified(_ text: some StringProtocol) -> (kind: Kind, expiry: Int64, rest: [String])? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (4...5).contains(parts.count), let kind = Kind(rawValue: String(parts[0])), let expiry = Int64(parts[1]),
            let given = parts.last
        else { return nil }
        let known = parts.dropLast().joined(separator: ".")
        guard Self.isEqual(Array(given.utf8), Array(code(known).utf8)) else { return nil }
        return (kind, expiry, parts[2..<parts.count - 1].map { String($0) })
    }

    private func code(_ text: String) -> String {
        String(decoding: HMAC.hex(of: Array("collector session \(text)".utf8), key: token), as: UTF8.self)
    }

    /// Compares two texts in a time that depends only on their lengths.
    static func isEqual(_ given: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard given.count == wanted.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(given, wanted) { difference |= one ^ other }
        return difference == 0
    }
}
