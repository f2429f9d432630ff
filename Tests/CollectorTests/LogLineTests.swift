import Testing

@testable import Log

@Suite struct LogLineTests {
    private func line(_ value: String) -> LogLine {
        LogLine(time: "now", level: .info, message: "m", fields: ["key": value])
    }

    @Test(arguments: [
        ("a\nb", "a\\nb"), ("a\r\u{1B}[2J", "a\\u000d\\u001b[2J"), ("\u{7F}\u{9B}x", "\\u007f\\u009bx"),
        ("\u{202E}gpj", "\\u202egpj"), ("\u{2066}a\u{2069}", "\\u2066a\\u2069"), ("a\u{2028}b", "a\\u2028b"),
        ("\u{200B}\u{FEFF}", "\\u200b\\ufeff"), ("\u{E0041}", "\\udb40\\udc41"), ("é 字", "é 字"), ("\"\\", "\\\"\\\\"),
    ])
    func `no value can forge a line or reverse the text after it`(value: String, escaped: String) {
        #expect(line(value).logfmt == "time=now level=info msg=m key=\"\(escaped)\"")
        #expect(line(value).json == #"{"time":"now","level":"info","msg":"m","key":""# + escaped + "\"}")
    }

    @Test func `a plain value stands without quotes`() {
        #expect(line("plain").logfmt == "time=now level=info msg=m key=plain")
    }
}
