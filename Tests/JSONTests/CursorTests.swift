import JSON
import Testing

/// All members of a text, as names and the bytes of their values.
private func members(_ bytes: [UInt8]) throws(JSONError) -> [(name: String, value: String, member: JSONMember)] {
    var result: [(name: String, value: String, member: JSONMember)] = []
    var cursor = try ObjectCursor(bytes.span, in: 0..<bytes.count)
    while let member = try cursor.next(bytes.span) {
        let name = String(decoding: bytes[member.name], as: UTF8.self)
        result.append((name, String(decoding: bytes[member.value.range], as: UTF8.self), member))
    }
    return result
}

private func nested(_ levels: Int, in opener: String, _ closer: String) -> [UInt8] {
    Array(("{\"a\":" + String(repeating: opener, count: levels) + String(repeating: closer, count: levels) + "}").utf8)
}

@Suite struct ObjectCursorTests {
    @Test(arguments: validObjects)
    func `JSON is accepted`(text: String) throws {
        _ = try members(Array(text.utf8))
    }

    @Test(arguments: invalidObjects)
    func `a value that is not an object is rejected`(text: String) {
        #expect(throws: JSONError.syntax) { _ = try members(Array(text.utf8)) }
    }

    @Test(arguments: invalidUTF8)
    func `bytes that are not UTF-8 are refused wherever they stand in a string`(bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = Array("{\"a\":\"".utf8) + [UInt8](repeating: 0x61, count: padding) + bytes + Array("\"}".utf8)
            #expect(throws: JSONError.syntax) { _ = try members(text) }
        }
    }

    @Test func `no prefix of an object is an object`() {
        let text = Array(#"{"a":[1,{"b":"\u00e9é"}],"c":-1.5e3,"d":true}"#.utf8)
        for count in 0..<text.count {
            #expect(throws: JSONError.syntax) { _ = try members(Array(text[..<count])) }
        }
    }

    @Test func `members keep their order and their spelling`() throws {
        let found = try members(Array(#"{ "z" : 1.0, "a":1e2 ,"m":[ 1, 2 ],"z":{"q":"\u0041"} }"#.utf8))
        #expect(found.map(\.name) == ["z", "a", "m", "z"])
        #expect(found.map(\.value) == ["1.0", "1e2", "[ 1, 2 ]", #"{"q":"\u0041"}"#])
        #expect(found.map(\.member.value.kind) == [.number, .number, .array, .object])
    }

    @Test func `only the part that is named is read`() throws {
        let bytes = Array("xx{\"a\":1}yy".utf8)
        var cursor = try ObjectCursor(bytes.span, in: 2..<9)
        #expect(try cursor.next(bytes.span)?.value.kind == .number)
        #expect(try cursor.next(bytes.span) == nil)
    }

    @Test(arguments: [("[", "]"), ("{\"b\":", "}")])
    func `64 levels are accepted and 65 are not`(opener: String, closer: String) throws {
        let filler = opener == "[" ? "" : "1"
        let deepest = nested(JSONLimits.depthMax - 1, in: opener, closer)
        let text = String(decoding: deepest, as: UTF8.self).replacing(
            "\(opener)\(closer)",
            with: "\(opener)\(filler)\(closer)"
        )
        _ = try members(Array(text.utf8))
        #expect(throws: JSONError.tooDeep) { _ = try members(nested(JSONLimits.depthMax, in: opener, closer)) }
    }

    @Test func `a hundred thousand levels are refused without harm`() {
        let text = Array(("{\"a\":" + String(repeating: "[", count: 100_000)).utf8)
        #expect(throws: JSONError.tooDeep) { _ = try members(text) }
    }
}

@Suite struct FlawTests {
    @Test(arguments: [
        (#""\u0000""#, JSONTextError.nul), (#"[1,{"b":"x\u0000"}]"#, .nul), (#"{"\u0000":1}"#, .nul),
        (#""\ud83d""#, .loneSurrogate), (#""\ude00""#, .loneSurrogate), (#""\ud83d\u0041""#, .loneSurrogate),
        (#""\ud83dx""#, .loneSurrogate), (#""\ud83d\ud83d\ude00""#, .loneSurrogate), ("1e10000", .numberRange),
        ("1" + String(repeating: "0", count: 1024), .numberRange),
    ])
    func `a value that no database can hold is reported by member`(value: String, textError: JSONTextError) throws {
        let found = try members(Array("{\"a\":\(value),\"b\":1}".utf8))
        #expect(found.map(\.member.value.textError) == [textError, nil])
    }

    @Test(arguments: [#""\ud83d\ude00""#, "1e9999", "1e-9999", "1" + String(repeating: "0", count: 1023), #""\u0001""#])
    func `what it can hold is not`(value: String) throws {
        #expect(try members(Array("{\"a\":\(value)}".utf8)).map(\.member.value.textError) == [nil])
    }
}

@Suite struct LongNumberTests {
    @Test(arguments: [
        "1e9999", "-1e-9999", "1E+40", "1e40", "0.5e-40", "5e-324", "1.7976931348623157e308", "0e-41", "123456e35",
    ])
    func `a number with an exponent and more than 40 digits without it becomes a string`(number: String) throws {
        let text = Array(#"{"a":{"e1":["x1e99",\#(number), \#(number),true,"\"-1e-99"]},"b":-1e2}"#.utf8)
        let found = try members(text)
        #expect(found.map(\.member.value.hasLongNumbers) == [true, false])
        var bytes = text
        appendQuotingLongNumbers(0..<text.count, to: &bytes)
        let written = String(decoding: bytes[text.count...], as: UTF8.self)
        #expect(written == #"{"a":{"e1":["x1e99","\#(number)", "\#(number)",true,"\"-1e-99"]},"b":-1e2}"#)
    }

    @Test(arguments: [
        "1e39", "1e-39", "1.2246467991473532e-16", "1e21", "123456789012345678901234567890", "0", "-0.0e0",
        String(repeating: "9", count: 1000), "0." + String(repeating: "0", count: 50) + "1",
    ])
    func `every other number stays as it was sent`(number: String) throws {
        #expect(try members(Array("{\"a\":\(number)}".utf8)).map(\.member.value.hasLongNumbers) == [false])
    }
}

@Suite struct ArrayCursorTests {
    private func elements(_ text: String) throws(JSONError) -> [String] {
        let bytes = Array(text.utf8)
        var result: [String] = []
        var cursor = try ArrayCursor(bytes.span, in: 0..<bytes.count)
        while let value = try cursor.next(bytes.span) {
            result.append(String(decoding: bytes[value.range], as: UTF8.self))
        }
        return result
    }

    @Test func `elements keep their order and their spelling`() throws {
        #expect(try elements(#" [ {"a":1} , 2.0,"x", [ ] ] "#) == [#"{"a":1}"#, "2.0", "\"x\"", "[ ]"])
        #expect(try elements("[]") == [])
    }

    @Test(arguments: ["", "{}", "[", "[1", "[1,]", "[,]", "[1 2]", "[1]x", "1"])
    func `a value that is not an array is rejected`(text: String) {
        #expect(throws: JSONError.syntax) { _ = try elements(text) }
    }
}

@Suite struct UnescapeTests {
    @Test(arguments: [
        (#"plain"#, "plain"), (#"\"\\\/"#, "\"\\/"), (#"\b\f\n\r\t"#, "\u{8}\u{C}\n\r\t"),
        (#"\u0041\u00e9\u6f22"#, "Aé漢"),
        (#"a\ud83d\ude00b"#, "a😀b"), (#"é\u00E9"#, "éé"),
    ])
    func `escapes become characters`(escaped: String, text: String) {
        var bytes = Array(escaped.utf8)
        let count = bytes.count
        appendUnescaped(0..<count, to: &bytes)
        #expect(String(decoding: bytes[count...], as: UTF8.self) == text)
    }

    @Test(arguments: ["", "plain", "quote \" and \\", "line\nbreak\tand\u{1}", "é漢😀"])
    func `a quoted text scans back to itself`(text: String) throws {
        var bytes = Array("{\"a\":".utf8)
        appendQuoted(text, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        let member = try #require(try members(bytes).first).member
        let count = bytes.count
        appendUnescaped(member.value.content, to: &bytes)
        #expect(String(decoding: bytes[count...], as: UTF8.self) == text)
    }
}
