import Crypto
import Testing

private func digest(_ text: String) -> String { String(decoding: SHA256.hex(of: Array(text.utf8)), as: UTF8.self) }

@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func `the examples of FIPS 180 come out as they are printed`(text: String, expected: String) {
        #expect(digest(text) == expected)
    }

    @Test func `an address is hashed with a zero byte and the salt behind it`() {
        #expect(
            digest("203.0.113.7\u{0}pepper") == "5c57ba911f0f003f90111a29148113accbe8c7005879161dbce1ef22b95fc1a4"
        )
    }
}
