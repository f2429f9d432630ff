import HTTPServer

/// The responses of this server: each has the security headers, and JSON where it has content.
enum Responses {
    typealias Field = (String, String)

    /// The headers of every response.
    static let security: [Field] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
    ]

    static let noStore: Field = ("Cache-Control", "no-store")
    static let retryAfterSeconds = "1"
    private static let busySeconds = "10"

    /// A JSON value, with status 200.
    static func json(_ value: JSONEncodedValue) -> ServerResponse { .response(json(200, value)) }

    /// A JSON value.
    static func json(_ status: Int, _ value: JSONEncodedValue, _ fields: [Field] = []) -> Response {
        json(status, .bytes(value.encoded), fields)
    }

    /// A response with JSON text.
    static func json(_ status: Int, _ text: String, _ fields: [Field] = []) -> Response {
        json(status, .bytes(Array(text.utf8)), fields)
    }

    static func json(_ status: Int, _ body: Response.Body, _ fields: [Field] = []) -> Response {
        Response(
            status: status,
            fields: [("Content-Type", "application/json"), noStore] + security + fields,
            body: body
        )
    }

    /// `{"message":…}`.
    static func message(_ status: Int, _ message: String, _ fields: [Field] = []) -> Response {
        json(status, .object([("message", .text(message))]), fields)
    }

    /// A response for records that were not stored; the client should retry.
    static func unavailable(_ fields: [Field] = []) -> Response {
        message(503, "Storage is not available", fields + [("Retry-After", retryAfterSeconds)])
    }

    /// A response for a reached limit of concurrent work; the client should retry.
    static func busy(_ message: String, _ fields: [Field] = []) -> Response {
        self.message(503, message, fields + [("Retry-After", busySeconds)])
    }

    /// The message for a request that the server itself refuses.
    static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Bad request"
        case 408: "Request took too long"
        case 413: "Payload too large"
        case 414: "Request target too long"
        case 417: "Expectation failed"
        case 431: "Request header fields too large"
        case 503: "Server is busy"
        case 505: "HTTP version not supported"
        default: "Request refused"
        }
    }
}
