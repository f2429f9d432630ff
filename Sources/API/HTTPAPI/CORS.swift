import HTTPServer

/// The cross-origin headers of the ingest routes.
struct CORS: Sendable {
    /// The seconds for which a browser may cache a preflight.
    static let preflightSecondsMax = "86400"

    let origins: Origins

    /// The headers for a decision about the origin.
    func fields(_ decision: Origins.Decision) -> [Responses.Field] {
        switch decision {
        case .any: [("Access-Control-Allow-Origin", "*")]
        case .listed(let index): [("Access-Control-Allow-Origin", origins.name(index)), ("Vary", "Origin")]
        case .own, .refused: [("Vary", "Origin")]
        }
    }

    /// The headers for the tag of an entry: an index in the list, or `ownTag`.
    func fields(tag: Int) -> [Responses.Field] {
        if origins.allowsAny { return fields(.any) }
        return tag == Self.ownTag ? fields(.own) : fields(.listed(tag))
    }

    static let ownTag = -1

    static func tag(_ decision: Origins.Decision) -> Int {
        switch decision {
        case .listed(let index): index
        case .any, .own, .refused: ownTag
        }
    }

    /// The response to a preflight.
    func preflight(_ decision: Origins.Decision) -> Response {
        guard decision != .refused else { return Responses.message(403, "Origin not allowed", fields(decision)) }
        let permissions: [Responses.Field] = [
            ("Access-Control-Allow-Methods", "POST, OPTIONS"),
            ("Access-Control-Allow-Headers", "Content-Type, Content-Encoding"),
            ("Access-Control-Max-Age", Self.preflightSecondsMax),
        ]
        return Response(status: 204, fields: Responses.security + fields(decision) + permissions, body: .none)
    }
}

extension Origins {
    var allowsAny: Bool { judge(origin: nil, host: nil) == .any }
}
