/// Which pages may post to the ingest routes, by the `Origin` that their browser names.
struct Origins: Sendable {
    /// Nil: every origin.
    private let allowed: [String]?

    init(allowed: [String]?) {
        self.allowed = allowed
    }

    enum Decision: Equatable {
        /// Every origin may.
        case any
        /// This one may; its place in the list.
        case listed(Int)
        /// There is no origin, or it is our own page's.
        case own
        case refused
    }

    /// The `Access-Control-Allow-Origin` that goes with a place in the list; `*` for places outside of it.
    func name(_ place: Int) -> String { allowed.map { $0.indices.contains(place) ? $0[place] : "" } ?? "*" }

    /// Judges a request.
    func judge(origin: String?, host: String?) -> Decision {
        guard let allowed else { return .any }
        guard let origin = origin?.lowercased() else { return .own }
        if let place = allowed.firstIndex(of: origin) { return .listed(place) }
        guard let host = host?.lowercased() else { return .refused }
        return origin == "https://" + host || origin == "http://" + host ? .own : .refused
    }
}
