import Events
import Testing

@testable import Alerts

/// Messages, signatures and addresses.
@Suite struct AlertMessageTests {
    private func message(subject: String = "Hello", text: String = "Text\n") -> String {
        let mail = MailMessage(
            id: "0123456789abcdef",
            from: "collector@example.com",
            recipients: ["a@example.com", "b@example.com"],
            subject: subject,
            text: text,
            date: 1_764_425_685
        )
        return String(decoding: mail.bytes, as: UTF8.self)
    }

    @Test func `a message has the fields of RFC 5322`() {
        let lines = message().components(separatedBy: "\r\n")
        #expect(lines.contains("Date: Sat, 29 Nov 2025 14:14:45 +0000"))
        #expect(lines.contains("From: Collector <collector@example.com>"))
        #expect(lines.contains("To: a@example.com,") && lines.contains(" b@example.com"))
        #expect(lines.contains("Message-ID: <0123456789abcdef@example.com>"))
        #expect(lines.contains("Subject: Hello"))
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
    }

    @Test func `a subject cannot add a header field, whatever it has`() {
        let subject = "x\r\nBcc: thief@example.com\r\n\r\nbody\u{0}\u{2028}\u{85}end"
        let text = message(subject: subject)
        let head = text.components(separatedBy: "\r\n\r\n")[0]
        #expect(!head.contains("\r\nBcc"))
        #expect(head.contains("Subject: "))
        #expect(head.replacing("\r\n", with: "").unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F })
    }

    @Test func `other letters are in encoded words of at most 75 characters`() {
        let subject = String(repeating: "Größe 😀 ", count: 20)
        let head = message(subject: subject).components(separatedBy: "\r\n\r\n")[0]
        let words = head.components(separatedBy: "\r\n").filter { $0.contains("=?utf-8?B?") }
        #expect(words.count > 3 && words.allSatisfy { $0.utf8.count <= 76 + "Subject: ".count })
    }

    @Test func `the body is quoted-printable with lines of at most 76 characters`() {
        let text = "é = 1 \n.\n" + String(repeating: "x", count: 100)
        let body = String(decoding: MailMessage.quotedPrintable(text), as: UTF8.self)
        #expect(body.hasPrefix("=C3=A9 =3D 1=20\r\n.\r\n"))
        #expect(body.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 76 })
    }

    @Test(arguments: [
        ("a@example.com", true), ("first.last+tag@mail.example.com", true), ("a@localhost", true), ("", false),
        ("a", false), ("a@", false), ("@example.com", false), ("a@b@c", false), ("a b@example.com", false),
        ("a@example.com\r\nRCPT TO:<x@example.com>", false), ("<a@example.com>", false), ("a@exa_mple.com", false),
        ("a..b@example.com", false), ("ä@example.com", false), ("a@-example.com", false), ("\"a\"@example.com", false),
    ])
    func `an address has no character that could end it`(text: String, isAddress: Bool) {
        #expect(MailMessage.isAddress(text) == isAddress)
    }

    @Test func `a signature is HMAC-SHA256 over the time, a dot and the body`() {
        let signature = AlertSender.signature(Array("{}".utf8), secret: "0123456789abcdef", at: 1_764_425_685)
        #expect(signature == "t=1764425685,v1=b2f8b98110520e4b4a64c62e76a4401a0fafd66b12b8ff8608f9c92dd9eaa604")
    }

    @Test(arguments: [
        ("127.0.0.1", false), ("10.1.2.3", false), ("172.31.0.1", false), ("192.168.0.1", false),
        ("169.254.169.254", false), ("100.64.0.1", false), ("0.0.0.0", false), ("224.0.0.1", false),
        ("255.255.255.255", false), ("93.184.216.34", true), ("172.32.0.1", true), ("::1", false), ("::", false),
        ("fe80::1", false), ("fd00::1", false), ("ff02::1", false), ("::ffff:127.0.0.1", false),
        ("::ffff:93.184.216.34", true), ("64:ff9b::7f00:1", false), ("2002:7f00:1::1", false),
        ("2606:2800:220:1::1", true), ("2001:db8::1", false),
    ])
    func `only addresses of the public internet are allowed`(text: String, isAllowed: Bool) throws {
        let address = try #require(IPAddress(text))
        var bytes = (0..<16).reversed().map { UInt8(truncatingIfNeeded: address.value >> (8 * UInt128($0))) }
        if address.isIPv4 { bytes = Array(bytes.suffix(4)) }
        #expect(AddressGuard(allowed: []).allows(bytes) == isAllowed)
    }

    @Test func `the configuration can allow a network`() throws {
        let block = try #require(AddressBlock("127.0.0.0/8"))
        let guarded = AddressGuard(allowed: [block])
        #expect(guarded.allows([127, 0, 0, 1]) && !guarded.allows([10, 0, 0, 1]))
        // The same address in the form of IPv6.
        #expect(guarded.allows([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1]))
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
