import HTTPServer

/// The routes that the page uses to measure its network.
struct MeasureRoutes: Sendable {
    static let bandwidthBytesDefault = 500_000
    static let bandwidthBytesMax = 5_000_000

    /// Text that does not compress to almost nothing, repeated in the response.
    private let pattern: [UInt8]
    private let pong = PreparedResponse(Responses.json(200, #"{"ok":true}"#))

    init() {
        var state: UInt32 = 2_463_534_242
        pattern = (0..<65536).map { index in
            if index % 80 == 79 { return UInt8(ascii: "\n") }
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            return UInt8(ascii: "a") + UInt8(state % 26)
        }
    }

    var ping: ServerResponse { .prepared(pong) }

    /// `GET /bw?bytes=N`.
    func bandwidth(query: String?) -> ServerResponse {
        var count = Self.bandwidthBytesDefault
        for pair in (query ?? "").split(separator: "&") where pair.hasPrefix("bytes=") {
            let text = pair.dropFirst(6)
            let digits = text.hasPrefix("-") ? text.dropFirst() : text
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return .response(Responses.message(400, "bytes must be an integer"))
            }
            // Of a number that does not fit an integer, only the sign matters.
            let value = Int(text) ?? (text.hasPrefix("-") ? 0 : Self.bandwidthBytesMax)
            count = min(max(value, 0), Self.bandwidthBytesMax)
        }
        let fields = [("Content-Type", "text/plain; charset=utf-8"), Responses.noStore] + Responses.security
        return .response(Response(status: 200, fields: fields, body: .repeating(pattern, count: count)))
    }
}
