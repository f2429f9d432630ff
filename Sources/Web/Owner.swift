/// Knows the owner by the token.
struct Owner: Sendable {
    private let token: [UInt8]

    init(token: String) {
        self.token = Array(token.utf8)
    }

    /// Whether the value of `Authorization` is `Bearer` and the token, found out in a time that tells nothing of the token but its length.
    func isKnown(authorization: String?) -> Bool {
        guard let authorization, !token.isEmpty else { return false }
        let scheme = "bearer "
        let bytes = Array(authorization.utf8)
        guard bytes.count == scheme.utf8.count + token.count else { return false }
        guard authorization.prefix(scheme.count).lowercased() == scheme else { return false }
        var difference: UInt8 = 0
        for (given, wanted) in zip(bytes[scheme.utf8.count...], token) { difference |= given ^ wanted }
        return difference == 0
    }
}
