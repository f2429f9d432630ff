import HTTPClient

/// The Content Security Policies of a page, as far as they concern the tracker.
struct SitePolicy: Equatable, Sendable {
    /// The directives of one policy with their sources, by name in lower case.
    private let policies: [[String: [String]]]
    private let page: WebAddress

    /// `fields` are the values of header fields, which are lists; `metas` those of `meta` elements, which are single policies.
    init(_ fields: [String], metas: [String] = [], page: WebAddress) {
        self.page = page
        policies = (fields.flatMap { $0.split(separator: ",") } + metas.map { $0[...] }).map { policy in
            var directives: [String: [String]] = [:]
            for part in policy.split(separator: ";") {
                let words = part.split(whereSeparator: \.isWhitespace).map(String.init)
                // The first directive of a name counts.
                guard let name = words.first?.lowercased(), directives[name] == nil else { continue }
                directives[name] = Array(words.dropFirst())
            }
            return directives
        }.filter { !$0.isEmpty }
    }

    var isEmpty: Bool { policies.isEmpty }

    /// Finds the directive that blocks a script.
    ///
    /// - Parameters:
    ///   - url: The address of the script.
    ///   - nonce: The nonce of its element.
    ///   - integrity: The digests of its element.
    ///   - isImported: Whether a script that these policies allow loads it by `import()`, which `'strict-dynamic'` allows.
    /// - Returns: The directive with its sources; nil if all policies allow the script.
    func directive(
        blockingScript url: WebAddress,
        nonce: String?,
        integrity: String?,
        isImported: Bool = false
    ) -> String? {
        blocking(["script-src-elem", "script-src", "default-src"]) { sources in
            let words = sources.map { $0.lowercased() }
            if let nonce, !nonce.isEmpty, sources.contains("'nonce-\(nonce)'") { return true }
            let digests = integrity?.split(whereSeparator: \.isWhitespace).map { "'\($0)'" } ?? []
            if !digests.isEmpty, digests.allSatisfy(sources.contains) { return true }
            // Then addresses do not count.
            if words.contains("'strict-dynamic'") { return isImported }
            return sources.contains { allows($0, url) }
        }
    }

    /// The directive that blocks a request to an address; nil if all policies allow it.
    func directive(blockingConnection url: WebAddress) -> String? {
        blocking(["connect-src", "default-src"]) { sources in sources.contains { allows($0, url) } }
    }

    private func blocking(_ names: [String], _ allows: ([String]) -> Bool) -> String? {
        for policy in policies {
            guard let name = names.first(where: { policy[$0] != nil }), let sources = policy[name] else { continue }
            if !allows(sources) { return "\(name) \(sources.joined(separator: " "))" }
        }
        return nil
    }

    /// Whether a source expression of CSP Level 3 matches an address.
    private func allows(_ source: String, _ url: WebAddress) -> Bool {
        let lower = source.lowercased()
        if lower == "*" { return url.isWeb || url.scheme == page.scheme }
        if lower == "'self'" {
            return url.host == page.host && Self.matches(scheme: page.scheme, url.scheme)
                && (url.port == page.port || page.scheme == "http" && url.isSecure)
        }
        if lower.hasPrefix("'") { return false }
        if lower.hasSuffix(":"), !lower.contains("/") {
            return Self.matches(scheme: String(lower.dropLast()), url.scheme)
        }
        return allows(host: source, url)
    }

    /// An expression such as `https://*.example.com:443/scripts/`.
    private func allows(host source: String, _ url: WebAddress) -> Bool {
        var rest = Substring(source)
        var scheme = page.scheme
        if let range = rest.firstRange(of: "://") {
            scheme = rest[..<range.lowerBound].lowercased()
            rest = rest[range.upperBound...]
        }
        guard Self.matches(scheme: scheme, url.scheme) else { return false }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = rest[slash...]
        var host = rest[..<slash]
        var port: Substring?
        if let colon = host.lastIndex(of: ":"),
            host[host.index(after: colon)...].allSatisfy({ $0.isNumber || $0 == "*" })
        {
            port = host[host.index(after: colon)...]
            host = host[..<colon]
        }
        let name = host.lowercased()
        let isHost = name == "*" || (name.hasPrefix("*.") ? url.host.hasSuffix(name.dropFirst()) : url.host == name)
        guard isHost else { return false }
        if let port {
            guard port == "*" || port == url.port || port == "80" && url.port == "443" && url.isSecure else {
                return false
            }
        } else {
            guard url.port == (url.isSecure ? "443" : "80") else { return false }
        }
        guard !path.isEmpty, path != "/" else { return true }
        return path.hasSuffix("/") ? url.path.hasPrefix(path) : url.path == path
    }

    /// Whether a scheme allows another: http also allows https.
    private static func matches(scheme: String, _ other: String) -> Bool {
        scheme == other || scheme == "http" && other == "https"
    }
}
