/// Finds routes by their paths.
struct RouteTable: Sendable {
    let routes: [Route]
    /// The indices of the routes without parameters.
    private let literals: [String: Int]
    private let patterns: [Route]

    init(_ routes: [Route]) {
        self.routes = routes
        var literals: [String: Int] = [:]
        for (index, route) in routes.enumerated() where route.path.isLiteral { literals[route.path.text] = index }
        self.literals = literals
        patterns = routes.filter { !$0.path.isLiteral }
    }

    /// The route of a path as it was sent, and the values of its parameters.
    ///
    /// Literal paths take precedence. Paths are compared as they were sent, not decoded: `/%65vent` is not `/event`. A proxy may strip the base
    /// path or keep it.
    func find(_ path: String, basePath: String) -> (route: Route, values: [String: String])? {
        guard !basePath.isEmpty, path.hasPrefix(basePath) else { return find(path) }
        let rest = path.dropFirst(basePath.count)
        // Without the slash, relative links would be wrong.
        if rest.isEmpty { return (.redirect(PathPattern(basePath), to: "/"), [:]) }
        return rest.first == "/" ? find(String(rest)) : find(path)
    }

    private func find(_ path: String) -> (route: Route, values: [String: String])? {
        if let index = literals[path] { return (routes[index], [:]) }
        for route in patterns {
            if let values = route.path.match(path[...]) { return (route, values) }
        }
        return nil
    }
}
