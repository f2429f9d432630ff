import HTTPServer

extension Route {
    /// Serves a file by its name in the table of assets.
    static func file(_ path: PathPattern, _ name: String) -> Route {
        Route(path, .file { site, call in site.file(name, call) })
    }

    /// Redirects the browser to another path below the base path.
    static func redirect(_ path: PathPattern, to target: String) -> Route {
        Route(path, .file { site, _ in site.redirect(to: target) })
    }

    /// File names of the scripts for other sites.
    static let scriptNames = [
        "collector.js", "collector.mjs", "collector-details.js", "collector-errors.js", "collector-routes.js",
        "collector-fingerprint.js", "collector-worker.js", "collector-worker.mjs",
    ]

    /// The scripts for other sites.
    static let scripts = scriptNames.map { Route.file(PathPattern("/" + $0), $0) }
}
