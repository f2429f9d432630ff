import HTTPServer

/// The cross-origin headers of the ingest routes.
struct CORS: Sendable {
    /// Seconds for which a browser may remember a preflight.
    static let preflightSecondsMax = "86400"

    let origins: Origins

    /// Headers by the verdict.
    func fields(_ decision: Origins.Decision) -> [Responses.Field] {
        switch decision {
        case .any: [("Access-Control-Allow-Origin", "*")]
        case .listed(let place): [("Access-Control-Allow-Origin", origins.name(place)), ("Vary", "Origin")]
        case .own, .refused: [("Vary", "Origin")]
        }
    }

    /// Headers by the tag that went with an entry: a place in the list, or `ownTag`.
    func fields(tag: Int) -> [Responses.Field] {
        if origins.allowsAny { return fields(.any) }
        return tag == Self.ownTag ? fields(.own) : fields(.listed(tag))
    }

    static let ownTag = -1

    static func tag(_ decision: Origins.Decision) -> Int {
        switch decision {
        case .listed(let place): place
        case .any, .own, .refused: ownTag
        }
    }

    /// The answer to a preflight.
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
