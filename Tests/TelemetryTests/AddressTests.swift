import Telemetry
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
    func `what is no address is none`(text: String) {
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
    func `what is no block is none`(text: String) {
        #expect(AddressBlock(text) == nil)
    }
}

@Suite struct ClientAddressTests {
    private let rule = ClientAddressRule(trustedProxies: AddressBlock.loopbackAndPrivate)

    private func client(
        _ peer: String,
        cf: String? = nil,
        real: String? = nil,
        forwarded: String? = nil
    ) -> String? {
        rule.client(peer: peer, connecting: cf, real: real, forwarded: forwarded)?.text
    }

    @Test func `headers of a stranger are not believed`() {
        #expect(
            client("203.0.113.9", cf: "198.51.100.1", real: "198.51.100.2", forwarded: "198.51.100.3") == "203.0.113.9"
        )
    }

    @Test func `behind a trusted proxy the first header that parses counts`() {
        #expect(
            client("127.0.0.1", cf: "198.51.100.1", real: "198.51.100.2", forwarded: "198.51.100.3") == "198.51.100.1"
        )
        #expect(client("127.0.0.1", cf: "junk", real: " 198.51.100.2 ", forwarded: "198.51.100.3") == "198.51.100.2")
        #expect(client("10.0.0.1", forwarded: "198.51.100.3") == "198.51.100.3")
        #expect(client("::1", cf: "2001:db8::5") == "2001:db8::5")
        #expect(client("::ffff:127.0.0.1", cf: "198.51.100.1") == "198.51.100.1")
    }

    @Test func `of a forwarded list the rightmost address that is no proxy of ours counts`() {
        #expect(client("127.0.0.1", forwarded: "6.6.6.6, 198.51.100.3, 10.0.0.2") == "198.51.100.3")
        #expect(client("127.0.0.1", forwarded: "10.0.0.3, 192.168.1.1") == "127.0.0.1")
        #expect(client("127.0.0.1", forwarded: "198.51.100.3, junk, 10.0.0.2") == "127.0.0.1")
        #expect(client("127.0.0.1", forwarded: "") == "127.0.0.1")
    }

    @Test func `a rule that trusts nobody believes nobody`() {
        let nobody = ClientAddressRule(trustedProxies: [])
        #expect(nobody.client(peer: "127.0.0.1", connecting: "1.2.3.4", real: nil, forwarded: nil)?.text == "127.0.0.1")
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
