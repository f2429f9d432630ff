/// The origins whose pages may post to the ingest routes, by the `Origin` header.
struct Origins: Sendable {
    /// Nil for every origin.
    private let allowed: [String]?

    init(allowed: [String]?) {
        self.allowed = allowed
    }

    enum Decision: Equatable {
        /// Every origin is allowed.
        case any
        /// The origin is allowed; its index in the list.
        case listed(Int)
        /// There is no origin, or it is that of our own pages.
        case own
        case refused
    }

    /// The `Access-Control-Allow-Origin` for an index of the list; `*` when every origin is allowed.
    func name(_ index: Int) -> String { allowed.map { $0.indices.contains(index) ? $0[index] : "" } ?? "*" }

    /// Decides whether the origin of a request is allowed.
    func judge(origin: String?, host: String?) -> Decision {
        guard let allowed else { return .any }
        guard let origin = origin?.lowercased() else { return .own }
        if let index = allowed.firstIndex(of: origin) { return .listed(index) }
        return Self.isOwn(origin, host: host) ? .own : .refused
    }

    /// Whether an origin is that of the pages of this host, with or without TLS.
    static func isOwn(_ origin: String, host: String?) -> Bool {
        guard let host = host?.lowercased() else { return false }
        let origin = origin.lowercased()
        return origin == "https://" + host || origin == "http://" + host
    }
}
