import Expansion
import HTTPServer
import HTTPWire

/// The body of a request without its content coding.
struct Content {
    /// The request's bytes, of which the head is as it came.
    let bytes: [UInt8]
    /// Place of the body in them.
    let body: Range<Int>

    /// Takes the coding off (RFC 9110 §8.4): gzip, br, or none; one at most.
    ///
    /// `mayGoOn` is asked after each 64 KiB.
    init(expanding request: borrowing Request, bytesMax: Int, mayGoOn: () -> Bool) throws(ContentFault) {
        guard let name = request.text(.contentEncoding)?.lowercased(), !name.isEmpty, name != "identity" else {
            bytes = request.bytes
            body = request.body
            return
        }
        let coding: Coding
        switch name {
        case "gzip", "x-gzip": coding = .gzip
        case "br": coding = .brotli
        default: throw .unsupported
        }
        var expanded = Array(request.bytes[..<request.body.lowerBound])
        do {
            try expand(request.bytes, request.body, coding, bytesMax: bytesMax, into: &expanded, mayGoOn: mayGoOn)
        } catch {
            switch error {
            case .malformed: throw .malformed
            case .tooLarge: throw .tooLarge
            case .stopped: throw .stopped
            }
        }
        body = request.body.lowerBound..<expanded.count
        bytes = expanded
    }
}

/// Why the coding of a body could not be taken off.
enum ContentFault: Error {
    case unsupported
    case malformed
    /// The expanded body is over the route's limit.
    case tooLarge
    /// `mayGoOn` returned false.
    case stopped

    func answer(_ fields: [Responses.Field]) -> Response {
        switch self {
        case .unsupported:
            Responses.message(415, "Unsupported content encoding", fields + [("Accept-Encoding", "gzip, br")])
        case .malformed: Responses.message(400, "Invalid content encoding", fields)
        case .tooLarge: Responses.message(413, "Payload too large", fields)
        case .stopped: Responses.message(429, "Too many requests", fields)
        }
    }
}
