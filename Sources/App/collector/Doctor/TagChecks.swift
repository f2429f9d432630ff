import HTML
import HTTPClient

/// Checks of the page and of its tag, on what was read.
enum TagChecks {
    /// Attributes that the tracker reads.
    private static let options: Set<String> = [
        "data-endpoint", "data-site", "data-sample", "data-dnt", "data-consent", "data-routes", "data-hash",
        "data-frames",
        "data-modules", "data-fingerprint", "data-console", "data-requests", "data-release", "data-user",
        "data-cfasync",
    ]

    static func page(_ response: ClientResponse) -> DoctorCheck {
        let via = response.redirects.isEmpty ? "" : " after \(response.redirects.count) redirects"
        guard (200..<300).contains(response.status) else {
            return .problem(
                "page",
                "\(response.url) responds with status \(response.status)\(via)",
                "Give the address of a page that visitors see without signing in"
            )
        }
        let type = response["content-type"] ?? ""
        guard type.lowercased().hasPrefix("text/html") || type.lowercased().hasPrefix("application/xhtml") else {
            return .problem("page", "\(response.url) is '\(type)', not HTML", "Give the address of an HTML page")
        }
        guard !response.isCut else {
            return .warning(
                "page",
                "\(response.url) has more than \(HTTPClient.bodyBytesMax >> 20) MiB; only these were read",
                "Put the tag into the head of the page"
            )
        }
        return .ok("page", "\(response.url) responds with status \(response.status)\(via)")
    }

    /// Whether there is one tag.
    static func tag(_ tags: [PageTag], document: HTMLDocument) -> DoctorCheck {
        guard let tag = tags.first else {
            if let address = PageTag.inlineImport(document) {
                return .warning(
                    "tag",
                    "no script element loads Collector, but an inline script mentions '\(address)'",
                    "The page may load it by itself; the checks below need a script element"
                )
            }
            return .problem(
                "tag",
                "the HTML has no script element that loads collector.js or collector.mjs",
                "Paste the tag of /insight into the head of the page; a tag that a script adds later cannot be found here"
            )
        }
        guard tags.count == 1 else {
            return .warning(
                "tag",
                "the page has \(tags.count) tags: " + tags.map(\.script.text).joined(separator: ", "),
                "Keep one of them: each further one only costs time, or counts page views twice"
            )
        }
        return .ok("tag", "one tag loads \(tag.script)")
    }

    /// Whether the tag runs as intended.
    static func attributes(_ tag: PageTag, page: WebAddress) -> [DoctorCheck] {
        var checks: [DoctorCheck] = []
        if tag.hasOtherType || tag.attributes["src"] == nil {
            checks.append(
                .problem(
                    "attributes",
                    tag.attributes["src"] == nil
                        ? "the tag has data-src instead of src" : "type '\(tag.type)' keeps the script from running",
                    "A consent manager or an optimizer has changed the tag: exclude it there, or use data-consent=\"required\""
                )
            )
        }
        if tag.script.fileName == "collector.mjs", tag.type != "module" {
            checks.append(
                .problem(
                    "attributes",
                    "collector.mjs is loaded without type=\"module\"",
                    "Add type=\"module\", or load collector.js"
                )
            )
        }
        if !tag.isDeferred {
            checks.append(
                .warning(
                    "attributes",
                    "the tag has neither defer nor async",
                    "Add defer: otherwise the page waits for the script"
                )
            )
        }
        let unknown = tag.attributes.keys.filter { $0.hasPrefix("data-") && !options.contains($0) }.sorted()
        if !unknown.isEmpty, tag.attributes["src"] != nil {
            checks.append(
                .warning(
                    "attributes",
                    "the tracker does not know \(unknown.joined(separator: ", "))",
                    "Correct the spelling, or remove it; docs/tracker.md lists the options"
                )
            )
        }
        if let sample = tag.attributes["data-sample"].flatMap({ Double($0) }), sample < 1 {
            checks.append(
                .warning(
                    "attributes",
                    "data-sample measures \(sample) of the visitors",
                    "Remove it to measure all of them"
                )
            )
        }
        if checks.isEmpty {
            let site = tag.attributes["data-site"].flatMap { $0.isEmpty ? nil : $0 } ?? page.host
            let consent = tag.attributes["data-consent"] == "required" ? "; nothing is sent before consent" : ""
            checks.append(.ok("attributes", "events count for the site '\(site)'\(consent)"))
        }
        return checks
    }

    static func mixedContent(_ tag: PageTag, page: WebAddress) -> DoctorCheck {
        guard page.isSecure else {
            return .ok("mixed", "the page itself is not secure, so nothing is blocked as mixed content")
        }
        for (name, url) in [("script", tag.script), ("endpoint", tag.endpoint)] where !url.isTrustworthy {
            return .problem(
                "mixed",
                "the page is https, its \(name) \(url) is not: browsers block it",
                "Serve Collector over https, and use that address in the tag"
            )
        }
        return .ok("mixed", "script and endpoint are as secure as the page")
    }

    static func policy(_ response: ClientResponse, _ document: HTMLDocument, _ tag: PageTag) -> [DoctorCheck] {
        let policy = SitePolicy(
            response.all("content-security-policy"),
            metas: PageTag.metaPolicies(document),
            page: response.url
        )
        let problems = blocked(by: policy, tag)
        guard problems.isEmpty else { return problems }
        let reports = SitePolicy(response.all("content-security-policy-report-only"), page: response.url)
        if directive(of: reports, blockingTag: tag) != nil
            || reports.directive(blockingConnection: tag.endpoint) != nil
        {
            return [
                .warning(
                    "csp",
                    "the policy that only reports would block the tracker",
                    "Add \(tag.script.origin) to its script-src and connect-src before you enforce it"
                )
            ]
        }
        return [
            .ok(
                "csp",
                policy.isEmpty
                    ? "the page has no Content Security Policy" : "the policy allows the script and the events"
            )
        ]
    }

    /// The problems of a policy that blocks the script, the events, or the files that the script loads.
    private static func blocked(by policy: SitePolicy, _ tag: PageTag) -> [DoctorCheck] {
        var checks: [DoctorCheck] = []
        if let directive = directive(of: policy, blockingTag: tag) {
            checks.append(
                .problem("csp", "the policy blocks the script: \(directive)", "Add \(tag.script.origin) to script-src")
            )
        }
        if let directive = policy.directive(blockingConnection: tag.endpoint) {
            checks.append(
                .problem(
                    "csp",
                    "the policy blocks the events: \(directive)",
                    "Add \(tag.endpoint.origin) to connect-src"
                )
            )
        }
        if checks.isEmpty, let details = WebAddress("collector-details.js", base: tag.script),
            let directive = policy.directive(
                blockingScript: details,
                nonce: tag.attributes["nonce"],
                integrity: nil,
                isImported: true
            )
        {
            checks.append(
                .problem(
                    "csp",
                    "the policy blocks the files that the script loads: \(directive)",
                    "Add \(tag.script.origin), without a path, to script-src"
                )
            )
        }
        return checks
    }

    private static func directive(of policy: SitePolicy, blockingTag tag: PageTag) -> String? {
        policy.directive(
            blockingScript: tag.script,
            nonce: tag.attributes["nonce"],
            integrity: tag.attributes["integrity"]
        )
    }
}
