import Digest
import Guarded

/// What somebody may do.
enum Access: Equatable, Sendable {
    case nothing
    /// Look at everything, change nothing: who was given a link.
    case reading
    case everything

    var word: String {
        switch self {
        case .nothing: "none"
        case .reading: "reader"
        case .everything: "owner"
        }
    }
}

/// Knows the owner by the token, and those who were given a link by what the token has signed.
///
/// A session is a text that only a holder of the token can have made, so that a restart ends none of them and a new token ends all.
final class Owner: Sendable {
    static let cookieName = "collector_session"
    /// Seconds that a sign-in lasts.
    static let sessionSeconds: Int64 = 30 * 86_400
    /// Seconds that a link to share may last.
    static let shareSecondsMax: Int64 = 366 * 86_400
    /// Wrong tokens that an address may send before it has to wait, and the seconds of the first wait and the longest.
    static let failuresFree = 5
    static let lockSeconds: Int64 = 30
    static let lockSecondsMax: Int64 = 900
    /// Addresses with failures, and sessions that were ended, that are remembered.
    private static let addressesMax = 10_000
    private static let endedMax = 10_000

    /// What is signed.
    enum Kind: String {
        case session = "o"
        /// A link, and the session of who has followed it.
        case share = "r"
    }

    private struct Failures {
        var count = 0
        /// Seconds since 1970.
        var lockedUntil: Int64 = 0
        var last: Int64 = 0
    }

    private struct State {
        var failures: [String: Failures] = [:]
        var ended: [String: Int64] = [:]
    }

    private let token: [UInt8]
    private let state = Guarded(State())

    init(token: String) {
        self.token = Array(token.utf8)
    }

    /// Whether a text is the token, found out in a time that tells nothing of the token but its length.
    func isToken(_ text: some StringProtocol) -> Bool { !token.isEmpty && Self.isEqual(Array(text.utf8), token) }

    /// What the value of `Authorization` or the cookies of a request allow; a wrong `Bearer` is a failure, a stale cookie is none.
    func access(authorization: String?, cookie: String?, now: Int64) -> (access: Access, isFailure: Bool) {
        if let authorization {
            let scheme = "bearer "
            guard authorization.prefix(scheme.count).lowercased() == scheme else { return (.nothing, false) }
            return isToken(authorization.dropFirst(scheme.count)) ? (.everything, false) : (.nothing, true)
        }
        guard let value = Self.session(cookie), let kind = verified(value, now: now) else { return (.nothing, false) }
        return (kind == .session ? .everything : .reading, false)
    }

    /// The value of our cookie.
    static func session(_ cookie: String?) -> Substring? {
        for part in (cookie ?? "").split(separator: ";") {
            let pair = part.drop { $0 == " " }
            if pair.hasPrefix(cookieName + "=") { return pair.dropFirst(cookieName.count + 1) }
        }
        return nil
    }

    // MARK: - Signed texts

    /// A text that says until when it allows what.
    ///
    /// The expiry is in seconds since 1970.
    func signed(_ kind: Kind, expiry: Int64) -> String {
        let text = "\(kind.rawValue).\(expiry).\(String(UInt64.random(in: .min ... .max), radix: 36))"
        return text + "." + code(text)
    }

    /// What a signed text allows; nil when it is not ours, has expired, or was ended.
    func verified(_ text: some StringProtocol, now: Int64) -> Kind? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, let kind = Kind(rawValue: String(parts[0])), let expiry = Int64(parts[1]) else {
            return nil
        }
        let said = parts[..<3].joined(separator: ".")
        guard Self.isEqual(Array(parts[3].utf8), Array(code(said).utf8)), expiry > now else { return nil }
        return state.withLock { $0.ended[said] == nil } ? kind : nil
    }

    /// When a signed text expires, seconds since 1970.
    static func expiry(_ text: some StringProtocol) -> Int64? {
        text.split(separator: ".").dropFirst().first.flatMap { Int64($0) }
    }

    /// Ends a session for as long as this process runs; the browser forgets it anyway.
    func end(_ text: some StringProtocol, now: Int64) {
        guard verified(text, now: now) != nil, let expiry = Self.expiry(text) else { return }
        let said = text.split(separator: ".")[..<3].joined(separator: ".")
        state.withLock { state in
            if state.ended.count >= Self.endedMax { state.ended = state.ended.filter { $0.value > now } }
            if state.ended.count < Self.endedMax { state.ended[said] = expiry }
        }
    }

    private func code(_ text: String) -> String {
        String(decoding: HMAC.hex(of: Array("collector session \(text)".utf8), key: token), as: UTF8.self)
    }

    private static func isEqual(_ given: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard given.count == wanted.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(given, wanted) { difference |= one ^ other }
        return difference == 0
    }

    // MARK: - Guessing

    /// Seconds that an address has to wait before it is listened to; nil when it has not.
    func wait(_ address: String, now: Int64) -> Int64? {
        state.withLock { state in
            guard let until = state.failures[address]?.lockedUntil, until > now else { return nil }
            return until - now
        }
    }

    /// Notes a wrong token: after a few each doubles the wait.
    func fail(_ address: String, now: Int64) {
        state.withLock { state in
            if state.failures.count >= Self.addressesMax {
                state.failures = state.failures.filter { $0.value.last > now - Self.lockSecondsMax }
                if state.failures.count >= Self.addressesMax { state.failures = [:] }
            }
            var failures = state.failures[address] ?? Failures()
            if failures.last < now - Self.lockSecondsMax { failures = Failures() }
            failures.count += 1
            failures.last = now
            let doublings = failures.count - Self.failuresFree
            if doublings >= 0 {
                failures.lockedUntil = now + min(Self.lockSecondsMax, Self.lockSeconds << Int64(min(doublings, 8)))
            }
            state.failures[address] = failures
        }
    }

    /// Forgets the failures of an address that has shown the token.
    func succeed(_ address: String) { state.withLock { $0.failures[address] = nil } }
}
