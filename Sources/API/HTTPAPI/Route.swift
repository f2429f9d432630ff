import HTTPWire

/// What a path means, and which methods it knows.
enum Route: Equatable {
    case dashboard
    case collect
    case event
    case events
    case health
    case healthDetails
    case ping
    /// What the user agent of the request is.
    case agent
    case bandwidth
    /// The owner's page, which holds no data by itself.
    case insight
    case api(APIRoute)
    /// A file by its name in the table of assets.
    case asset(String)
    /// Another path below the base path: without the slash at its end relative links would go astray.
    case redirect(String)
    case unknown

    /// Reads a path as it was sent, not decoded: an encoded or dotted path is simply another one.
    ///
    /// Both a proxy that strips the base path and one that leaves it on are served.
    init(path: String, basePath: String) {
        var path = path[...]
        if !basePath.isEmpty, path.hasPrefix(basePath) {
            let rest = path.dropFirst(basePath.count)
            if rest.isEmpty {
                self = .redirect("/")
                return
            }
            if rest.first == "/" { path = rest }
        }
        switch path {
        case "/": self = .dashboard
        case "/event": self = .event
        case "/events": self = .events
        case "/collect": self = .collect
        case "/health": self = .health
        case "/health/details": self = .healthDetails
        case "/ping": self = .ping
        case "/bw": self = .bandwidth
        case "/agent": self = .agent
        case "/robots.txt", "/licenses.txt", "/collector.js", "/collector.mjs", "/collector-details.js",
            "/collector-errors.js", "/collector-routes.js", "/collector-fingerprint.js", "/collector-worker.js",
            "/collector-worker.mjs":
            self = .asset(String(path.dropFirst()))
        case "/insight": self = .insight
        case "/insight/": self = .redirect("/insight")
        case "/demo": self = .redirect("/demo/")
        case "/demo/": self = .asset("demo/home.html")
        case "/demo/shop", "/demo/about": self = .asset(String(path.dropFirst()) + ".html")
        case _ where path.hasPrefix("/static/"): self = .asset(String(path.dropFirst()))
        case _ where path.hasPrefix("/api/"):
            self = APIRoute(rawValue: String(path.dropFirst("/api/".count))).map { .api($0) } ?? .unknown
        default: self = .unknown
        }
    }

    /// Whether pages of other sites may post here.
    var isIngest: Bool {
        switch self {
        case .collect, .event, .events: true
        case .dashboard, .health, .healthDetails, .ping, .bandwidth, .agent, .asset, .redirect, .insight, .api,
            .unknown:
            false
        }
    }

    /// Value of `Allow`.
    var allow: String {
        if case .api(let route) = self { return route.methods.map { "\($0.name)" }.joined(separator: ", ") }
        return isIngest ? "POST, OPTIONS" : "GET, HEAD"
    }

    func allows(_ method: Method) -> Bool {
        if case .api(let route) = self { return route.methods.contains(method) }
        return isIngest ? method == .post || method == .options : method == .get || method == .head
    }
}
