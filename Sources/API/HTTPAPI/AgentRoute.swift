import HTTPServer
import HTTPWire
import UserAgents

/// `GET /agent`: the browser, system and device of the request, by the rules that reports use.
///
/// Nothing is stored.
enum AgentRoute {
    /// The client hints that the page requests; browsers send brands and platform in any case.
    static let wantedHints: Responses.Field = ("Accept-CH", "Sec-CH-UA-Platform-Version")
    private static let varying: Responses.Field =
        ("Vary", "User-Agent, Sec-CH-UA, Sec-CH-UA-Platform, Sec-CH-UA-Platform-Version")

    static func response(_ request: borrowing Request) -> Response {
        let hints = ClientHints(
            brands: StructuredField.strings(request.text(.brands) ?? ""),
            platform: StructuredField.strings(request.text(.platform) ?? "").first,
            platformVersion: StructuredField.strings(request.text(.platformVersion) ?? "").first
        )
        let agent = UserAgentParser.shared.parse(request.text(.userAgent)).with(hints)
        let body = JSONEncodedValue.object([
            ("browser", named(agent.browser, JSONEncodedValue(agent.version.map { Int64($0) }))),
            ("system", named(agent.system, JSONEncodedValue(agent.systemVersion))),
            ("device", .text(agent.device.rawValue)),
            ("bot_reasons", .array(agent.botReasons.map { .text($0.rawValue) })),
        ])
        return Responses.json(200, body, [varying])
    }

    private static func named(_ name: String, _ version: JSONEncodedValue) -> JSONEncodedValue {
        .object([("name", .text(name)), ("version", version)])
    }
}

/// Parses structured fields (RFC 9651) as far as client hints need them.
enum StructuredField {
    /// The most strings that are read from a field.
    private static let stringsMax = 8

    /// The strings of a list, or the only string, without the strings of parameters: `"Chromium";v="142", "Brave";v="142"`.
    static func strings(_ text: String) -> [String] {
        var (found, current, isValue): ([String], [UInt8]?, Bool) = ([], nil, false)
        var isEscaped = false
        for byte in text.utf8 where found.count < stringsMax {
            guard var string = current else {
                if byte == UInt8(ascii: "\"") { current = [] }
                isValue = byte == UInt8(ascii: "=") || (isValue && byte == UInt8(ascii: "\""))
                continue
            }
            if !isEscaped, byte == UInt8(ascii: "\"") {
                if !isValue { found.append(String(decoding: string, as: UTF8.self)) }
                (current, isValue) = (nil, false)
                continue
            }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            if !isEscaped { string.append(byte) }
            current = string
        }
        return found
    }
}
