import Testing

@testable import Web

@Suite struct OwnerTests {
    private static let token = "4Kd0-zT9_secret"
    private let owner = Owner(token: OwnerTests.token)
    private static let now: Int64 = 1_800_000_000

    private func isKnown(_ authorization: String?, by owner: Owner? = nil) -> Bool {
        (owner ?? self.owner).access(authorization: authorization, cookie: nil, now: Self.now).access == .everything
    }

    @Test(arguments: ["Bearer ", "bearer ", "BEARER ", "bEaReR "])
    func `the token is known, in whatever case the scheme is written`(scheme: String) {
        #expect(isKnown(scheme + Self.token))
    }

    @Test(arguments: [
        "Bearer 4Kd0-zT9_secreT", "Bearer 5Kd0-zT9_secret", "Bearer 4kd0-zt9_secret", "Bearer 4Kd0-zT9_secre",
        "Bearer 4Kd0-zT9_secret4", "Bearer 4Kd0-zT9_secret ", "Bearer  4Kd0-zT9_secret", "Bearer 4", "Bearer ",
        "Bearer", " Bearer 4Kd0-zT9_secret", "Bearer\t4Kd0-zT9_secret", "Bearer4Kd0-zT9_secret", "4Kd0-zT9_secret",
    ])
    func `another token is not, nor a part of it, nor more than it`(authorization: String) {
        #expect(!isKnown(authorization))
    }

    @Test(arguments: ["Basic ", "Digest ", "Bearex ", "Beare: ", "Token  "])
    func `another scheme is not known, though the token is right`(scheme: String) {
        #expect(!isKnown(scheme + Self.token))
    }

    @Test func `nothing is not known`() {
        #expect(!isKnown(nil))
        #expect(!isKnown(""))
    }

    @Test func `without a token nobody is known`() {
        let nobody = Owner(token: "")
        for authorization in [nil, "", "Bearer ", "Bearer", "bearer ", "Bearer x"] {
            #expect(!isKnown(authorization, by: nobody))
        }
    }

    @Test func `letters beyond ASCII are compared by their bytes`() {
        let composed = Owner(token: "caf\u{e9}")
        #expect(isKnown("Bearer caf\u{e9}", by: composed))
        #expect(!isKnown("Bearer cafe\u{301}", by: composed))
        #expect(!isKnown("Bea\u{301}r " + Self.token))
    }

    // MARK: - Sessions

    private func access(_ cookie: String?, at now: Int64 = now, by owner: Owner? = nil) -> Access {
        (owner ?? self.owner).access(authorization: nil, cookie: cookie, now: now).access
    }

    @Test func `a session is known among other cookies until it expires, by whoever has the token`() {
        let cookie = "a=b; collector_session=" + owner.signed(.session, expiry: Self.now + 10) + "; c=d"
        #expect(access(cookie) == .everything)
        #expect(access(cookie, at: Self.now + 9) == .everything)
        #expect(access(cookie, at: Self.now + 10) == .nothing)
        #expect(access(cookie, by: Owner(token: Self.token)) == .everything)
        #expect(access(cookie, by: Owner(token: "another")) == .nothing)
    }

    @Test func `a link to share only reads`() {
        let share = owner.signed(.share, expiry: Self.now + 10)
        #expect(access("collector_session=" + share) == .reading)
        #expect(owner.verified(share, now: Self.now) == .share)
        #expect(access("collector_session=o" + share.dropFirst()) == .nothing)
    }

    @Test func `not a character of a session may be another one`() {
        let session = owner.signed(.session, expiry: Self.now + 10)
        for place in session.indices {
            var other = session
            other.replaceSubrange(place...place, with: session[place] == "1" ? "2" : "1")
            #expect(access("collector_session=" + other) == .nothing)
        }
        for other in ["", ".", "...", "o.9999999999.x", session + "0", String(session.dropLast())] {
            #expect(access("collector_session=" + other) == .nothing)
        }
    }

    @Test func `a session that was ended is not known any more, others are`() {
        let (one, other) = (
            owner.signed(.session, expiry: Self.now + 10), owner.signed(.session, expiry: Self.now + 10)
        )
        owner.end(one, now: Self.now)
        #expect(access("collector_session=" + one) == .nothing)
        #expect(access("collector_session=" + other) == .everything)
    }

    @Test func `who guesses has to wait, longer each time, and who else has the address may not`() {
        for _ in 0..<Owner.failuresFree - 1 { owner.fail("198.51.100.1", now: Self.now) }
        #expect(owner.wait("198.51.100.1", now: Self.now) == nil)
        owner.fail("198.51.100.1", now: Self.now)
        #expect(owner.wait("198.51.100.1", now: Self.now) == Owner.lockSeconds)
        #expect(owner.wait("198.51.100.2", now: Self.now) == nil)
        #expect(owner.wait("198.51.100.1", now: Self.now + Owner.lockSeconds) == nil)
        owner.fail("198.51.100.1", now: Self.now + Owner.lockSeconds)
        #expect(owner.wait("198.51.100.1", now: Self.now + Owner.lockSeconds) == 2 * Owner.lockSeconds)
        for _ in 0..<50 { owner.fail("198.51.100.1", now: Self.now + 100) }
        #expect(owner.wait("198.51.100.1", now: Self.now + 100) == Owner.lockSecondsMax)
        owner.succeed("198.51.100.1")
        #expect(owner.wait("198.51.100.1", now: Self.now + 100) == nil)
    }

    @Test func `a wrong token is a failure, a stale session is none`() {
        #expect(owner.access(authorization: "Bearer x", cookie: nil, now: Self.now).isFailure)
        #expect(!owner.access(authorization: nil, cookie: "collector_session=o.1.x.y", now: Self.now).isFailure)
        #expect(!owner.access(authorization: nil, cookie: nil, now: Self.now).isFailure)
    }
}
