import Testing

@testable import Web

@Suite struct OwnerTests {
    private static let token = "4Kd0-zT9_secret"
    private let owner = Owner(token: OwnerTests.token)

    @Test(arguments: ["Bearer ", "bearer ", "BEARER ", "bEaReR "])
    func `the token is known, in whatever case the scheme is written`(scheme: String) {
        #expect(owner.isKnown(authorization: scheme + Self.token))
    }

    @Test(arguments: [
        "Bearer 4Kd0-zT9_secreT", "Bearer 5Kd0-zT9_secret", "Bearer 4kd0-zt9_secret", "Bearer 4Kd0-zT9_secre",
        "Bearer 4Kd0-zT9_secret4", "Bearer 4Kd0-zT9_secret ", "Bearer  4Kd0-zT9_secret", "Bearer 4", "Bearer ",
        "Bearer", " Bearer 4Kd0-zT9_secret", "Bearer\t4Kd0-zT9_secret", "Bearer4Kd0-zT9_secret", "4Kd0-zT9_secret",
    ])
    func `another token is not, nor a part of it, nor more than it`(authorization: String) {
        #expect(!owner.isKnown(authorization: authorization))
    }

    @Test(arguments: ["Basic ", "Digest ", "Bearex ", "Beare: ", "Token  "])
    func `another scheme is not known, though the token is right`(scheme: String) {
        #expect(!owner.isKnown(authorization: scheme + Self.token))
    }

    @Test func `nothing is not known`() {
        #expect(!owner.isKnown(authorization: nil))
        #expect(!owner.isKnown(authorization: ""))
    }

    @Test func `without a token nobody is known`() {
        let nobody = Owner(token: "")
        for authorization in [nil, "", "Bearer ", "Bearer", "bearer ", "Bearer x"] {
            #expect(!nobody.isKnown(authorization: authorization))
        }
    }

    @Test func `letters beyond ASCII are compared by their bytes`() {
        let composed = Owner(token: "caf\u{e9}")
        #expect(composed.isKnown(authorization: "Bearer caf\u{e9}"))
        #expect(!composed.isKnown(authorization: "Bearer cafe\u{301}"))
        #expect(!owner.isKnown(authorization: "Bea\u{301}r " + Self.token))
    }
}
