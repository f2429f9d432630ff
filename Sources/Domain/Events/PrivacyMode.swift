import Crypto

/// What is stored about the visitors of a site, from the least strict mode on.
package enum PrivacyMode: String, CaseIterable, Comparable, Sendable {
    /// Events are stored as the page sends them.
    case full
    /// Visitors have a hash that changes every day instead of an id, and fields that identify them are removed.
    case cookieless
    /// Nothing connects two page views.
    case anonymous

    package static func < (one: PrivacyMode, other: PrivacyMode) -> Bool { one.strictness < other.strictness }

    private var strictness: Int {
        switch self {
        case .full: 0
        case .cookieless: 1
        case .anonymous: 2
        }
    }
}

/// What identifies the sender of a request without an id: it is hashed, and not stored.
package struct PrivacySender: Sendable {
    /// The key of the day on which the request was received.
    package var salt: [UInt8]
    /// The text of the client's address; empty when unknown.
    package var address: String
    /// Empty when there is none.
    package var userAgent: [UInt8]

    package init(salt: [UInt8], address: String, userAgent: [UInt8]) {
        (self.salt, self.address, self.userAgent) = (salt, address, userAgent)
    }

    /// The ids of the visitor and of its session on a site, in the form of those of the tracker.
    ///
    /// Both are halves of the HMAC-SHA-256 of site, address and user agent, separated by zero bytes, under the key of
    /// the day. So a session is all activity of a visitor on a site in a day.
    func ids(site: [UInt8]) -> (visitor: [UInt8], session: [UInt8]) {
        let text = site + [0] + Array(address.utf8) + [0] + userAgent
        let digits = HMAC.hex(of: text, key: salt)
        return (Array("v_".utf8) + digits[..<32], Array("s_".utf8) + digits[32...])
    }
}
