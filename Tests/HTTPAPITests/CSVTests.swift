import Testing

@testable import HTTPAPI
import Reports

@Suite struct CSVTests {
    private func text(_ text: String) -> String { String(decoding: CSV.row([.text(text)]).dropLast(2), as: UTF8.self) }
    private func json(_ text: String) -> String { String(decoding: CSV.row([.json(text)]).dropLast(2), as: UTF8.self) }

    @Test(arguments: [
        ("plain", "plain"), ("a,b", "a,b"), ("say \"x\"", "say \"\"x\"\""), ("", ""), ("a=b", "a=b"),
        ("a-b+c@d", "a-b+c@d"),
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-5", "'-5"), ("@cmd", "'@cmd"), ("=a,b", "'=a,b"), ("'=1", "'=1"),
        ("  =1", "'  =1"), ("\u{A0}=1", "'\u{A0}=1"), ("\"=1\"", "'\"\"=1\"\""), ("\u{200D}=1", "'\u{200D}=1"),
        ("＝1", "'＝1"), ("＋1", "'＋1"), ("－1", "'－1"), ("＠x", "'＠x"), ("﹦1", "'﹦1"), ("−1", "'−1"),
        ("\t=1", "'\\u0009=1"), ("\r=1", "'\\u000d=1"), ("\n=1", "'\\u000a=1"), ("\u{0}x", "\\u0000x"),
        ("a\n=1", "a\\u000a=1"), ("a\t=1", "a\\u0009=1"),
        ("a;=1", "a;'=1"), ("a; \"=1", "a;' \"\"=1"), ("a;;;@x", "a;;;'@x"), ("a|-1", "a|'-1"), ("a;b=1", "a;b=1"),
        ("a;", "a;"),
        ("safe\u{202E}fdp.exe", "safe\\u202efdp.exe"), ("\u{2066}x\u{2069}", "\\u2066x\\u2069"),
        ("\u{200B}", "\\u200b"),
        ("\u{FEFF}=1", "\\ufeff=1"), ("\u{85}\u{2028}", "\\u0085\\u2028"), ("\u{E0001}", "\\udb40\\udc01"),
        ("👩\u{200D}👧 é 字", "👩\u{200D}👧 é 字"),
    ])
    func `a cell is a quoted text, never a formula, whatever the separator`(given: String, cell: String) {
        #expect(text(given) == "\"\(cell)\"")
    }

    @Test func `numbers stay numbers, negative ones too`() {
        let row = CSV.row([.number(-5), .number(.min), .text("-5"), .number(0)])
        #expect(String(decoding: row, as: UTF8.self) == "-5,-9223372036854775808,\"'-5\",0\r\n")
    }

    @Test(arguments: [
        (#"{"a":-1,"-b":"=c"}"#, #"{"a":-1,"-b":"=c"}"#), (#"{"a":"x;=1"}"#, #"{"a":"x\u003b=1"}"#),
        (#"{"a":"x; =1;y"}"#, #"{"a":"x\u003b =1;y"}"#), (#"{"a":"|@x"}"#, #"{"a":"\u007c@x"}"#),
        ("{\"a\":[1,\n-2,\t-3]}", "{\"a\":[1, -2, -3]}"), ("{\"a\":\"\u{202E}b\"}", #"{"a":"\u202eb"}"#),
        (#"{"a":";","b":1}"#, #"{"a":";","b":1}"#),
    ])
    func `JSON stays the same value`(given: String, cell: String) {
        #expect(
            json(given) == "\""
                + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        )
    }

    @Test func `values that are not objects are text`() { #expect(json("=1") == "\"'=1\"") }

    @Test(.timeLimit(.minutes(1)))
    func `a megabyte of separators takes no longer than any other`() {
        let given = String(repeating: ";=", count: 500_000)
        #expect(text(given).utf8.count == 1_500_002)
    }
}
