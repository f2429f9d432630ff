import Testing

@testable import HTTPAPI

@Suite struct OwnerTests {
    private static let token = "4Kd0-zT9_secret"
    private let owner = Owner(token: OwnerTests.token)
    private static let now: Int64 = 1_800_000_000

    @Test(arguments: ["Bearer ", "bearer ", "BEARER ", "bEaReR "])
    func `the token is known, in whatever case the scheme is written`(scheme: String) {
        #expect(owner.bearer(scheme + Self.token) == .right)
    }

    @Test(arguments: [
        "Bearer 4Kd0-zT9_secreT", "Bearer 5Kd0-zT9_secret", "Bearer 4kd0-zt9_secret", "Bearer 4Kd0-zT9_secre",
        "Bearer 4Kd0-zT9_secret4", "Bearer 4Kd0-zT9_secret ", "Bearer  4Kd0-zT9_secret", "Bearer 4", "Bearer ",
    ])
    func `another token is wrong, and so is a part of it or more than it`(authorization: String) {
        #expect(owner.bearer(authorization) == .wrong)
    }

    @Test(arguments: [
        "Basic 4Kd0-zT9_secret", "Digest 4Kd0-zT9_secret", "Bearex 4Kd0-zT9_secret", "Beare: 4Kd0-zT9_secret", "Bearer",
        " Bearer 4Kd0-zT9_secret", "Bearer\t4Kd0-zT9_secret", "Bearer4Kd0-zT9_secret", "4Kd0-zT9_secret", "", nil,
    ])
    func `another scheme is not for us, though the token is right`(authorization: String?) {
        #expect(owner.bearer(authorization) == .absent)
    }

    @Test func `letters beyond ASCII are compared by their bytes`() {
        let composed = Owner(token: "caf\u{e9}")
        #expect(composed.isToken("caf\u{e9}"))
        #expect(!composed.isToken("cafe\u{301}"))
        #expect(owner.bearer("Bea\u{301}r " + Self.token) == .absent)
    }

    @Test func `an empty token ends the program`() async {
        await #expect(processExitsWith: .failure) { _ = Owner(token: "") }
    }

    // MARK: - Sessions

    private func session(link: String? = nil, seconds: Int64 = 10) -> SignedSession {
        SignedSession(id: Owner.makeID(), linkID: link, expiry: Self.now + seconds)
    }

    private func read(_ cookie: String?, at now: Int64 = now, by owner: Owner? = nil) -> [SignedSession] {
        (owner ?? self.owner).sessions(cookie, now: now)
    }

    @Test func `a session is known among other cookies until it expires, by every holder of the token`() {
        let session = session()
        let cookie = "a=b; collector_session=" + owner.text(session) + "; c=d"
        #expect(read(cookie) == [session] && session.isOwner)
        #expect(read(cookie, at: Self.now + 9) == [session])
        #expect(read(cookie, at: Self.now + 10).isEmpty)
        #expect(read(cookie, by: Owner(token: Self.token)) == [session])
        #expect(read(cookie, by: Owner(token: "another")).isEmpty)
        #expect(read(nil).isEmpty && read("").isEmpty && read("collector_session").isEmpty)
    }

    @Test func `a session of the version before is still known`() {
        // Made by it: kind, expiry and a random number with the code of the three.
        let text = "o.1800000010.3w5e11264sgsf"
        let session = SignedSession(id: "3w5e11264sgsf", linkID: nil, expiry: 1_800_000_010)
        #expect(owner.text(session).hasPrefix(text + "."))
        #expect(read("collector_session=" + owner.text(session)) == [session])
    }

    @Test func `a guest's session only reads, and the link itself is no session`() {
        let guest = session(link: "abc")
        #expect(read("collector_session=" + owner.text(guest)) == [guest] && !guest.isOwner)
        let link = owner.linkText(id: "abc", expiry: Self.now + 10)
        #expect(owner.link(link)?.id == "abc" && owner.link(link)?.expiry == Self.now + 10)
        #expect(read("collector_session=" + link).isEmpty)
        #expect(owner.link(owner.text(guest)) == nil && owner.link(owner.text(session())) == nil)
        for kind in ["o", "g", "r"] {
            #expect(read("collector_session=\(kind)" + link.dropFirst()).isEmpty)
            #expect(read("collector_session=\(kind)" + owner.text(guest).dropFirst()) == (kind == "g" ? [guest] : []))
        }
    }

    @Test func `cookies of a neighbor do not hide ours, and the owner's comes first`() {
        let (guest, own) = (session(link: "abc"), session())
        let junk = "collector_session=x; collector_session=; collector_session=o.9.9.9"
        let cookie = "\(junk); collector_session=\(owner.text(guest)); collector_session=\(owner.text(own))"
        #expect(read(cookie) == [own, guest])
        let flood = String(repeating: "collector_session=x; ", count: Owner.cookiesMax)
        #expect(read(flood + "collector_session=" + owner.text(own)).isEmpty)
    }

    @Test func `not a character of a session may be another one`() {
        for text in [owner.text(session()), owner.text(session(link: "abc"))] {
            for index in text.indices {
                var other = text
                other.replaceSubrange(index...index, with: text[index] == "1" ? "2" : "1")
                #expect(read("collector_session=" + other).isEmpty)
            }
            #expect(read("collector_session=" + text + "0").isEmpty)
            #expect(read("collector_session=" + text.dropLast()).isEmpty)
        }
        for other in ["", ".", "...", "....", "o.9999999999.x", "o..x.y", "o.9999999999999999999999.x.y"] {
            #expect(read("collector_session=" + other).isEmpty)
        }
    }
}
