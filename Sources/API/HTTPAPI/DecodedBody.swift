import Compression
import HTTPServer
import HTTPWire

/// The body of a request after its content coding was decoded.
struct DecodedBody {
    /// The first bytes of every gzip member (RFC 1952 §2.3.1); no text in JSON begins with them.
    private static let gzipMagic: [UInt8] = [0x1F, 0x8B]

    /// The bytes of the request with the decoded body; the head is unchanged.
    let bytes: [UInt8]
    /// The range of the body in `bytes`.
    let body: Range<Int>

    /// Decodes Content-Encoding (RFC 9110 §8.4): gzip, br or none, at most one coding.
    ///
    /// A body without Content-Encoding that begins as gzip is decompressed as well: a page that compresses its body
    /// cannot send the header to another origin without a preflight. `mayGoOn` is called after every 64 KiB.
    init(expanding request: borrowing Request, bytesMax: Int, mayGoOn: () -> Bool) throws(BodyError) {
        guard let coding = try Self.coding(request) else {
            bytes = request.bytes
            body = request.body
            return
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

    /// Whether the body has a content coding, named or detected, including one that is not supported.
    static func isCompressed(_ request: borrowing Request) -> Bool {
        request.head.field(.contentEncoding) != nil || request.bytes[request.body].starts(with: gzipMagic)
    }

    private static func coding(_ request: borrowing Request) throws(BodyError) -> Coding? {
        guard let name = request.text(.contentEncoding)?.lowercased(), !name.isEmpty else {
            return request.bytes[request.body].starts(with: gzipMagic) ? .gzip : nil
        }
        switch name {
        case "identity": return nil
        case "gzip", "x-gzip": return .gzip
        case "br": return .brotli
        default: throw .unsupported
        }
    }
}

/// The reason why a body could not be decompressed.
enum BodyError: Error {
    case unsupported
    case malformed
    /// The decompressed body exceeds the route's limit.
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
