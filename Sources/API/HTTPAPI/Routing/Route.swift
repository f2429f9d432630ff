import HTTPServer
import HTTPWire

/// A path, and what the server does for each method on it.
struct Route: Sendable {
    let path: PathPattern
    let operations: [Operation]

    init(_ path: PathPattern, _ operations: Operation...) {
        self.path = path
        self.operations = operations
    }

    /// The methods in the order of `Allow`.
    ///
    /// HEAD goes with GET, and OPTIONS with routes that pages of other sites use.
    var methods: [Method] {
        let own = operations.flatMap { $0.method == .get ? [.get, .head] : [$0.method] }
        return takesEvents ? own + [.options] : own
    }

    /// Value of `Allow`.
    var allow: String { methods.map { "\($0.name)" }.joined(separator: ", ") }

    /// Whether pages of other sites may use it.
    var takesEvents: Bool { operations.contains { $0.access == .ingest } }

    /// Nil when the route does not have the method.
    ///
    /// HEAD is GET without its body. OPTIONS is the preflight of the operation that takes events.
    func operation(_ method: Method) -> Operation? {
        let wanted = method == .head ? .get : method
        return operations.first { $0.method == wanted || (method == .options && $0.access == .ingest) }
    }
}

/// One method of a route.
struct Operation: Sendable {
    /// Handles a request that the router has let through; a `QueryError` is answered 400.
    typealias Handler = @Sendable (Site, Call) throws(QueryError) -> HandlerResult

    /// Bytes of a body where none is needed, and of the JSON bodies of the owner's API.
    static let ignoredBodyBytesMax = 16_384
    static let jsonBodyBytesMax = 4096

    let method: Method
    let access: RouteAccess
    let bodyBytesMax: Int
    /// Nil: any parameters, which the handler may ignore.
    let parameters: [Parameter]?
    let handler: Handler

    static func get(
        _ access: RouteAccess,
        _ parameters: [Parameter]? = nil,
        bodyBytesMax: Int = jsonBodyBytesMax,
        _ handler: @escaping Handler
    ) -> Operation {
        Operation(method: .get, access: access, bodyBytesMax: bodyBytesMax, parameters: parameters, handler: handler)
    }

    /// A method that changes something.
    static func change(
        _ method: Method,
        _ access: RouteAccess,
        _ parameters: [Parameter] = [],
        _ handler: @escaping Handler
    ) -> Operation {
        Operation(
            method: method,
            access: access,
            bodyBytesMax: jsonBodyBytesMax,
            parameters: parameters,
            handler: handler
        )
    }

    /// A page or file: any query, and a body is ignored.
    static func file(_ handler: @escaping Handler) -> Operation {
        get(.everyone, bodyBytesMax: ignoredBodyBytesMax, handler)
    }

    /// `POST` of events.
    static func ingest(bodyBytesMax: Int, _ kind: IngestRoutes.Kind) -> Operation {
        Operation(method: .post, access: .ingest, bodyBytesMax: bodyBytesMax, parameters: nil) { site, call in
            site.ingestRoutes.answer(kind, call.request, call.ticket, call.origin)
        }
    }

    /// Whether the request changes something that the owner has.
    var isChange: Bool { method != .get && access != .ingest }
}

/// Who may use an operation.
enum RouteAccess: Sendable {
    /// Pages of the allowed origins. Responses have CORS headers, and preflights are answered.
    case ingest
    case everyone
    /// Everyone; the handler gets to know who it is.
    case identified
    /// The owner, and guests of a share link.
    case reader
    case owner
}

/// A request that the router has let through.
struct Call: Sendable {
    let request: Request
    let ticket: Ticket
    /// Parameters of the path, decoded.
    let path: [String: String]
    /// Empty where the route takes any.
    var parameters = Parameters()
    /// Known where the access is not for everyone.
    var identity = SessionRoutes.Identity(access: .nothing)
    /// Of the routes that take events.
    var origin = Origins.Decision.own
}
