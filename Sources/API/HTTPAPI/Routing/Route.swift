import HTTPServer
import HTTPWire
import Reports

/// A path with an operation for each of its methods.
struct Route: Sendable {
    let path: PathPattern
    let operations: [Operation]

    init(_ path: PathPattern, _ operations: Operation...) {
        self.path = path
        self.operations = operations
    }

    /// The methods in the order of the `Allow` header.
    ///
    /// HEAD is allowed with GET, and OPTIONS on routes for pages of other sites.
    var methods: [Method] {
        let own = operations.flatMap { $0.method == .get ? [.get, .head] : [$0.method] }
        return takesEvents ? own + [.options] : own
    }

    /// The value of the `Allow` header.
    var allow: String { methods.map { "\($0.name)" }.joined(separator: ", ") }

    /// Whether pages of other sites may use the route.
    var takesEvents: Bool { operations.contains { $0.access == .ingest } }

    /// The operation of a method; nil when the route does not have the method.
    ///
    /// HEAD is GET without its body. OPTIONS is the preflight of the operation that takes events.
    func operation(_ method: Method) -> Operation? {
        let wanted = method == .head ? .get : method
        return operations.first { $0.method == wanted || (method == .options && $0.access == .ingest) }
    }
}

/// One method of a route.
struct Operation: Sendable {
    /// Handles a request that the router has accepted; a `QueryError` gives a 400.
    typealias Handler = @Sendable (Site, Call) throws(QueryError) -> HandlerResult

    /// The most bytes of a body that is ignored, and of the JSON bodies of the owner's API.
    static let ignoredBodyBytesMax = 16_384
    static let jsonBodyBytesMax = 4096

    let method: Method
    let access: RouteAccess
    let bodyBytesMax: Int
    /// Nil for any parameters, which the handler may ignore.
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

    /// An operation that changes something.
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

    /// A page or a file, which ignores its query and body.
    static func file(_ handler: @escaping Handler) -> Operation {
        get(.everyone, bodyBytesMax: ignoredBodyBytesMax, handler)
    }

    /// A `POST` of events.
    static func ingest(bodyBytesMax: Int, _ kind: IngestRoutes.Kind) -> Operation {
        Operation(method: .post, access: .ingest, bodyBytesMax: bodyBytesMax, parameters: nil) { site, call in
            site.ingestRoutes.answer(
                kind,
                call.request,
                call.ticket,
                call.origin,
                isLimited: call.identity.credential?.tokenKey == nil
            )
        }
    }

    /// Whether the request changes data of the owner.
    var isChange: Bool { method != .get && access != .ingest }

    /// Whether the audit log has its requests: changes that need a sign-in.
    var isAudited: Bool { isChange && (access == .owner || access == .ownerOnly) }

    /// The scope with which an API token may use the operation; nil when it gives a token no access.
    var scope: TokenScope? {
        switch access {
        case .everyone, .identified, .ownerOnly: nil
        case .ingest: .ingest
        case .reader, .owner: method == .get ? .read : .write
        }
    }
}

/// The access that an operation requires.
enum RouteAccess: Sendable, Equatable {
    /// Pages of the allowed origins. Responses have CORS headers, and preflights are handled.
    case ingest
    case everyone
    /// Everyone; the handler gets the identity of the sender.
    case identified
    /// The owner, guests of a share link within its limits, and API tokens of the operation's scope.
    case reader(ShareRule)
    /// The owner, and API tokens of the operation's scope.
    case owner
    /// The owner, and no API token: what decides who has access.
    case ownerOnly

    /// What guests of a limited share link get; nil if guests get nothing, or what everybody gets.
    var shareRule: ShareRule? {
        guard case .reader(let rule) = self else { return nil }
        return rule
    }

    /// The kind of its requests, by which latencies are counted.
    var kind: RequestKind {
        switch self {
        case .ingest: .ingest
        case .everyone, .identified: .page
        case .reader, .owner, .ownerOnly: .api
        }
    }
}

/// A request that the router has accepted.
struct Call: Sendable {
    let request: Request
    let ticket: Ticket
    /// The decoded parameters of the path.
    let path: [String: String]
    /// Empty on routes that take any parameters.
    var parameters = Parameters()
    /// Set on routes that are not for everyone.
    var identity = SessionRoutes.Identity(access: .nothing)
    /// Set on routes that take events.
    var origin = Origins.Decision.own
}
