import Crypto
import Events

/// A plain text message (RFC 5322, RFC 2045 and RFC 2047).
package struct MailMessage: Sendable, Equatable {
    package var id: String
    package var from: String
    package var recipients: [String]
    package var subject: String
    /// Lines end with a line feed.
    package var text: String
    /// Seconds since 1970.
    package var date: Int64

    /// The most bytes of an e-mail address.
    package static let addressBytesMax = 254
    private static let nameBytesMax = 64
    /// The most characters of a line, and of an encoded word with its delimiters.
    private static let lineMax = 76
    private static let wordBytesMax = 42

    package init(id: String, from: String, recipients: [String], subject: String, text: String, date: Int64) {
        (self.id, self.from, self.recipients) = (id, from, recipients)
        (self.subject, self.text, self.date) = (subject, text, date)
    }

    /// Whether a text is an e-mail address without quotes, comments and letters beyond ASCII, so that it cannot end a header field or a command.
    package static func isAddress(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= addressBytesMax, (1...nameBytesMax).contains(parts[0].count) else {
            return false
        }
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        func isDotted(_ part: Substring.UTF8View, _ others: String) -> Bool {
            part.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { word in
                !word.isEmpty && word.allSatisfy { isAlphanumeric($0) || others.utf8.contains($0) }
            }
        }
        return isDotted(parts[0], "!#$%&'*+/=?^_`{|}~-") && isDotted(parts[1], "-")
            && parts[1].first != UInt8(ascii: "-") && parts[1].last != UInt8(ascii: "-")
    }

    /// The message as it is sent; lines end with CR and LF.
    package var bytes: [UInt8] {
        let domain = from.split(separator: "@").last ?? "localhost"
        let fields = [
            "Date: \(Self.date(date))", "From: Collector <\(from)>",
            "To: \(recipients.joined(separator: ",\r\n "))", "Message-ID: <\(id)@\(domain)>",
            "Subject: \(Self.encoded(subject))", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable", "Auto-Submitted: auto-generated",
        ]
        return Array((fields.joined(separator: "\r\n") + "\r\n\r\n").utf8) + Self.quotedPrintable(text)
    }

    /// The date of a header field, in UTC.
    static func date(_ seconds: Int64) -> String {
        let days = floorDivide(seconds, CivilDate.daySeconds)
        let date = CivilDate(daysSince1970: days)
        let time = String(decoding: TimestampText.bytes(seconds * 1_000_000), as: UTF8.self).dropFirst(11).prefix(8)
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekday = weekdays[Int(CivilDate.weekday(daysSince1970: days))]
        return "\(weekday), \(date.day) \(months[Int(date.month) - 1]) \(date.year) \(time) +0000"
    }

    /// A text as the value of a header field: control characters become spaces, and other than short ASCII text encoded words.
    static func encoded(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            scalar.properties.isWhitespace || scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar
        }
        let clean = String(String.UnicodeScalarView(scalars))
        let isShort = clean.utf8.count <= lineMax - "Subject: ".count
        if isShort, clean.utf8.allSatisfy({ $0 < 0x7F }), !clean.contains("=?") { return clean }
        var words: [String] = []
        var bytes: [UInt8] = []
        for scalar in clean.unicodeScalars {
            let next = Array(String(scalar).utf8)
            if bytes.count + next.count > wordBytesMax {
                words.append("=?utf-8?B?\(Base64.encode(bytes))?=")
                bytes = []
            }
            bytes += next
        }
        words.append("=?utf-8?B?\(Base64.encode(bytes))?=")
        return words.joined(separator: "\r\n ")
    }

    /// The body in quoted-printable form.
    static func quotedPrintable(_ text: String) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            var column = 0
            for (index, byte) in line.enumerated() {
                let isLast = index == line.count - 1
                let isSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
                let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=") || isSpace && !isLast
                let unit = isPlain ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                if column + unit.count > lineMax - 1 {
                    result += Array("=\r\n".utf8)
                    column = 0
                }
                result += unit
                column += unit.count
            }
            result += Array("\r\n".utf8)
        }
        return result
    }
}
