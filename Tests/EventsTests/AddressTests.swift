import Events
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:DB8::1", "2001:db8::1"), ("2001:0db8:0:0:0:0:0:1", "2001:db8::1"),
        ("::1", "::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::", "::"),
    ])
    func `an address has one spelling`(text: String, canonical: String) {
        #expect(IPAddress(text)?.text == canonical)
    }

    @Test(arguments: [
        "", " ", "192.0.2", "192.0.2.256", "192.0.2.1:80", "[::1]", "fe80::1%eth0", "unknown", "1.2.3.4\u{0}",
    ])
    func `invalid addresses are rejected`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `a block holds its addresses and no others`() throws {
        let block = try #require(AddressBlock("10.1.0.0/16"))
        #expect(block.contains(try #require(IPAddress("10.1.255.255"))))
        #expect(!block.contains(try #require(IPAddress("10.2.0.0"))))
        #expect(!block.contains(try #require(IPAddress("::a01:1"))))
        let all = try #require(AddressBlock("::/0"))
        #expect(all.contains(try #require(IPAddress("2001:db8::1"))))
        let one = try #require(AddressBlock("192.0.2.7"))
        #expect(one.contains(try #require(IPAddress("192.0.2.7"))))
        #expect(!one.contains(try #require(IPAddress("192.0.2.6"))))
    }

    @Test(arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "10.0.0.0/8/8", "::/129", "x/8", "10.0.0.0/"])
    func `invalid CIDR blocks are rejected`(text: String) {
        #expect(AddressBlock(text) == nil)
    }
}

@Suite struct ClientAddressTests {
    private func client(_ peer: String, _ value: String?, header: String = "X-Forwarded-For") throws -> String? {
        let header = try #require(ClientAddressHeader(header))
        let rule = ClientAddressRule(trustedProxies: AddressBlock.loopbackAndPrivate, header: header)
        return rule.client(peer: peer, value: value)?.text
    }

    @Test(arguments: ["X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP"])
    func `headers of a stranger are not believed`(header: String) throws {
        #expect(try client("203.0.113.9", "198.51.100.1", header: header) == "203.0.113.9")
    }

    @Test func `behind a trusted proxy the header counts, in every way to write an address`() throws {
        for (text, expected) in [
            ("198.51.100.3", "198.51.100.3"), (" \t198.51.100.3 ", "198.51.100.3"),
            ("198.51.100.3:4711", "198.51.100.3"),
            ("2001:DB8::5", "2001:db8::5"), ("[2001:db8::5]", "2001:db8::5"), ("[2001:db8::5]:4711", "2001:db8::5"),
            ("::ffff:198.51.100.3", "198.51.100.3"), ("[::ffff:198.51.100.3]:80", "198.51.100.3"),
        ] {
            for header in ["X-Forwarded-For", "X-Real-IP", "True-Client-IP"] {
                #expect(try client("127.0.0.1", text, header: header) == expected)
            }
            #expect(try client("::1", "for=\"\(text)\"", header: "Forwarded") == expected)
        }
    }

    @Test(arguments: [
        "", " ", ",", "junk", "unknown", "_hidden", "198.51.100.3:", "198.51.100.3:x", "198.51.100.3:123456",
        "[198.51.100.3]",
        "[2001:db8::5", "[2001:db8::5]x", "[2001:db8::5]4711", "2001:db8::5]", "fe80::1%eth0",
        "198.51.100.3 198.51.100.4",
        "198.51.100.3' or '1'='1",
    ])
    func `an invalid forwarded address falls back to the peer`(text: String) throws {
        for header in ["X-Forwarded-For", "X-Real-IP"] {
            #expect(try client("127.0.0.1", text, header: header) == "127.0.0.1")
        }
        #expect(try client("127.0.0.1", "for=\"\(text)\"", header: "Forwarded") == "127.0.0.1")
        #expect(try client("127.0.0.1", text, header: "Forwarded") == "127.0.0.1")
    }

    @Test func `of a forwarded list the rightmost address that is no proxy of ours counts`() throws {
        #expect(try client("127.0.0.1", "6.6.6.6, 198.51.100.3, 10.0.0.2") == "198.51.100.3")
        #expect(try client("127.0.0.1", "6.6.6.6,198.51.100.3:80,, 10.0.0.2:81,") == "198.51.100.3")
        #expect(try client("127.0.0.1", "10.0.0.3, 192.168.1.1") == "127.0.0.1")
        #expect(try client("127.0.0.1", "198.51.100.3, junk, 10.0.0.2") == "127.0.0.1")
        #expect(try client("127.0.0.1", nil) == "127.0.0.1")
        // What a client sends ahead of our proxy's element cannot swallow it.
        for made in ["\"", "\"6.6.6.6", "for=\"", "6.6.6.6;", "\\", "[", "\\\""] {
            #expect(try client("127.0.0.1", "\(made), 198.51.100.3") == "198.51.100.3")
            #expect(try client("127.0.0.1", "\(made), for=198.51.100.3", header: "Forwarded") == "198.51.100.3")
            #expect(try client("127.0.0.1", "\(made), for=\"[2001:db8::5]\"", header: "Forwarded") == "2001:db8::5")
        }
    }

    @Test func `Forwarded is read by RFC 7239`() throws {
        for (text, expected) in [
            ("for=198.51.100.3", "198.51.100.3"), ("For=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("for=198.51.100.3;proto=http;by=203.0.113.43", "198.51.100.3"),
            ("by=203.0.113.43 ; FOR = \"198.51.100.3:80\";host=\"a,b;c\"", "198.51.100.3"),
            ("for=6.6.6.6, for=198.51.100.3;host=\"x, for=9.9.9.9\", for=10.0.0.1", "198.51.100.3"),
            ("for=198.51.100.3, proto=https", "127.0.0.1"), ("for=unknown", "127.0.0.1"), ("for=_x", "127.0.0.1"),
            ("for=198.51.100.3, for=_secret, for=10.0.0.1", "127.0.0.1"), ("198.51.100.3", "127.0.0.1"),
        ] {
            #expect(try client("127.0.0.1", text, header: "forwarded") == expected)
        }
    }

    @Test func `a header of one address counts as it is, also an address of the private network`() throws {
        #expect(try client("127.0.0.1", "10.0.0.5", header: "X-Real-IP") == "10.0.0.5")
        // Of several lines the last is the proxy's.
        #expect(try client("127.0.0.1", "6.6.6.6,198.51.100.3", header: "CF-Connecting-IP") == "198.51.100.3")
    }

    @Test(arguments: ["", " ", "X Real", "X-Real-IP:", "X-Réal", "a,b", String(repeating: "x", count: 65)])
    func `invalid header names are rejected`(text: String) {
        #expect(ClientAddressHeader(text) == nil)
    }

    @Test func `a rule that trusts nobody believes nobody`() {
        let nobody = ClientAddressRule(trustedProxies: [])
        #expect(nobody.client(peer: "127.0.0.1", value: "1.2.3.4")?.text == "127.0.0.1")
        #expect(nobody.client(peer: "nonsense", value: "1.2.3.4") == nil)
    }
}

@Suite struct IPHashTests {
    @Test func `the hash is SHA-256 of the address, a zero byte and the salt`() throws {
        let hasher = try #require(IPHasher(salt: "pepper"))
        let address = try #require(IPAddress("203.0.113.9"))
        // printf '203.0.113.9\0pepper' | sha256sum
        #expect(String(decoding: hasher.hash(address), as: UTF8.self) == expectedHash)
    }

    @Test func `without a salt there is no hash`() {
        #expect(IPHasher(salt: nil) == nil)
        #expect(IPHasher(salt: "") == nil)
    }
}

private let expectedHash = "4fc43e2b12329fa0e6530c9a85c9ba2e6e77c5805b2388564fb4689aa18303f2"
