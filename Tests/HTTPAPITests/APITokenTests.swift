import Reports
import Testing

@testable import HTTPAPI

@Suite struct APITokenTests {
    private let owner = Owner(token: "4Kd0-zT9_secret")

    @Test func `a secret names its token and proves that this server made it`() throws {
        let secret = owner.makeTokenSecret(id: "abc")
        let key = try #require(owner.tokenKey(secret))
        #expect(key.id == "abc")
        #expect(owner.bearer("bearer " + secret) == .token(key))
        #expect(secret.hasPrefix("ct_") && !key.hash.contains(secret))
        #expect(owner.makeTokenSecret(id: "abc") != secret)
    }

    @Test func `a changed secret is wrong, and so is that of another owner's token`() {
        let secret = owner.makeTokenSecret(id: "abc")
        let parts = secret.split(separator: "_")
        let changed = [
            "ct_abd_\(parts[2])_\(parts[3])", "ct_abc_x\(parts[2])_\(parts[3])", "ct_abc_\(parts[2])_",
            "ct_abc_\(parts[2])",
            secret + "0", String(secret.dropLast()), "x" + secret, secret.uppercased(), "ct_", "ct____",
            Owner(token: "another").makeTokenSecret(id: "abc"),
        ]
        for text in changed {
            #expect(owner.tokenKey(text) == nil, "\(text)")
            #expect(owner.bearer("Bearer " + text) == .wrong, "\(text)")
        }
    }

    @Test func `the secret of a share link and a session are no API tokens`() {
        let session = SignedSession(id: "a", linkID: nil, expiry: 1)
        for text in [owner.linkText(id: "a", expiry: 1), owner.text(session)] { #expect(owner.tokenKey(text) == nil) }
    }

    @Test(arguments: TokenScope.allCases, TokenScope.allCases)
    func `writing includes reading, and sending events includes nothing else`(scope: TokenScope, needed: TokenScope) {
        #expect(scope.includes(needed) == (scope == needed || (scope, needed) == (.write, .read)))
    }

    @Test func `each operation needs one scope by its method and access, and those for the owner alone have none`() {
        for route in RouteTable.all.routes {
            for operation in route.operations {
                let path = route.path.text
                switch operation.access {
                case .ingest: #expect(operation.scope == .ingest, "\(path)")
                case .everyone, .identified, .ownerOnly: #expect(operation.scope == nil, "\(path)")
                case .reader: #expect(operation.scope == .read && !operation.isChange, "\(path)")
                case .owner: #expect(operation.scope == (operation.isChange ? .write : .read), "\(path)")
                }
                let decidesAccess = ["/api/tokens", "/api/shares", "/api/audit-log", "/api/sessions"].contains {
                    path.hasPrefix($0)
                }
                #expect(decidesAccess == (operation.access == .ownerOnly), "\(path)")
            }
        }
    }
}
