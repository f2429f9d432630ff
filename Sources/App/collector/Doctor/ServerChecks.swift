import Crypto
import HTTPClient

/// Checks of the script and the endpoint, on their responses.
enum ServerChecks {
    /// The agent of the requests of `collector doctor`.
    static let agent = "Collector-Doctor/\(Help.version)"
    /// In every version of the script.
    private static let marker = #"Symbol.for("collector")"#
    /// The longest time in seconds that a browser may keep the script without asking for a newer one.
    private static let ageMax = 86_400
    /// A clock that is off by more than this many seconds is corrected by the server.
    static let clockSecondsMax: Int64 = 60
    private static let proxyAdvice =
        "Let the proxy pass requests and responses through unchanged; docs/operations.md has examples for nginx and Caddy"

    /// Whether the script is Collector's; `plain` was requested without compression, `own` is the same file of this program.
    static func script(_ plain: ClientResponse, own: [UInt8]?, version: String) -> [DoctorCheck] {
        guard plain.status == 200 else {
            return [
                .problem(
                    "script",
                    "\(plain.url) responds with status \(plain.status)",
                    "Check the address in the tag, and that the proxy forwards this path to Collector"
                )
            ]
        }
        let type = plain["content-type"]?.lowercased() ?? ""
        guard type.contains("javascript") || type.contains("ecmascript") else {
            return [
                .problem(
                    "script",
                    "\(plain.url) has the type '\(type)': browsers do not run it",
                    "Something else responds at this address, such as the site's own 404 page; check the proxy's paths"
                )
            ]
        }
        guard contains(plain.body, marker) else {
            return [
                .problem(
                    "script",
                    "\(plain.url) is a script, but not Collector's",
                    "Check the address in the tag, and the proxy's paths"
                )
            ]
        }
        if plain.body == own { return [.ok("script", "\(plain.url) is the script of Collector \(version), unchanged")] }
        if contains(plain.body, "\"\(version)\"") {
            return [
                .warning(
                    "script",
                    "\(plain.url) is not the same as that of this program, Collector \(version)",
                    "If the server runs this version, a proxy rewrites scripts: turn its minifying or optimizing off for this path"
                )
            ]
        }
        return [
            .ok("script", "\(plain.url) is Collector's, of another version than \(version) of this program")
        ]
    }

    static func integrity(_ tag: PageTag, _ plain: ClientResponse, page: WebAddress) -> DoctorCheck {
        guard let attribute = tag.attributes["integrity"], !attribute.isEmpty else {
            return .ok("integrity", "the tag has no integrity attribute")
        }
        guard Integrity.matches(plain.body, attribute) else {
            return .problem(
                "integrity",
                "the integrity attribute does not match the script: browsers block it",
                "Use sha384-\(Integrity.digest(plain.body, .sha384)), or remove the attribute so that upgrades need no change"
            )
        }
        guard tag.script.origin == page.origin || tag.attributes["crossorigin"] != nil else {
            return .problem(
                "integrity",
                "the tag has integrity but no crossorigin attribute: browsers block it",
                "Add crossorigin=\"anonymous\""
            )
        }
        return .warning(
            "integrity",
            "the integrity attribute matches this version of the script only",
            "Change it with each upgrade of Collector, or remove it"
        )
    }

    /// Checks of caching and compression of the script; `packed` was requested with compression.
    static func caching(_ packed: ClientResponse) -> [DoctorCheck] {
        var checks: [DoctorCheck] = []
        let caching = packed["cache-control"]?.lowercased() ?? ""
        let directives = caching.split(separator: ",").map { String($0).trimmingSpaces }
        let age = directives.compactMap { $0.hasPrefix("max-age=") ? Int($0.dropFirst("max-age=".count)) : nil }.first
        if directives.contains("no-store") {
            checks.append(
                .warning(
                    "caching",
                    "the script has Cache-Control '\(caching)'",
                    "Browsers load it again for each page. \(proxyAdvice)"
                )
            )
        } else if directives.contains("immutable") || (age ?? 0) > ageMax {
            checks.append(
                .warning(
                    "caching",
                    "the script has Cache-Control '\(caching)'",
                    "Browsers keep an old version after an upgrade. \(proxyAdvice)"
                )
            )
        } else if packed["etag"] == nil {
            checks.append(
                .warning(
                    "caching",
                    "the script has no ETag",
                    "Browsers load all of it again when it expires. \(proxyAdvice)"
                )
            )
        }
        let coding = packed["content-encoding"]?.lowercased()
        if coding == nil {
            checks.append(
                .warning(
                    "caching",
                    "the script is not compressed",
                    "It is three times as large. Let the proxy forward Accept-Encoding, or compress text/javascript there"
                )
            )
        }
        guard checks.isEmpty else { return checks }
        return [.ok("caching", "Cache-Control '\(caching)', compressed with \(coding ?? "")")]
    }

    /// Sends no events to an endpoint, as a tracker sends some.
    static func postNothing(
        _ client: HTTPClient,
        _ endpoint: WebAddress,
        _ fields: [(String, String)] = []
    ) throws(ClientError) -> ClientResponse {
        let body = #"{"v":2,"events":[]}"#
        return try client.send("POST", endpoint, fields + [("Content-Type", "text/plain")], body: Array(body.utf8))
    }

    static func isCollector(health: ClientResponse) -> Bool {
        [200, 503].contains(health.status) && contains(health.body, "\"status\"")
            && contains(health.body, "\"database\"")
    }

    /// Whether the endpoint is Collector's and takes events; `posted` is its response to no events.
    static func endpoint(_ posted: ClientResponse, health: ClientResponse?) -> DoctorCheck {
        guard posted.status == 200, contains(posted.body, "\"accepted\"") else {
            let advice =
                switch posted.status {
                case 401, 403: "A firewall or sign-in of the proxy refuses POST: exclude this path"
                case 404, 405: "Check data-endpoint, and that the proxy forwards POST of this path to Collector"
                case 413: "Raise the body limit of the proxy to 1 MiB (client_max_body_size of nginx)"
                case 429: "Raise the rate limit of the proxy, or COLLECTOR_RATE_LIMIT"
                case 502, 503, 504: "The proxy does not reach Collector, or its database is not available: see /health"
                case 200: "Something else than Collector responds; check data-endpoint and the proxy's paths"
                case 300..<400: "Use the address that it redirects to: browsers do not send events again there"
                default: "Check data-endpoint and the log of the proxy"
                }
            return .problem("endpoint", "POST \(posted.url) responds with status \(posted.status)", advice)
        }
        if let health, isCollector(health: health), health.status == 503 {
            return .warning(
                "endpoint",
                "\(posted.url) takes events, but its database is not available",
                "Events wait in the journal; see /insight, or the log of the server"
            )
        }
        return .ok("endpoint", "\(posted.url) is Collector and takes events")
    }

    static func cors(_ posted: ClientResponse, preflight: ClientResponse?, page: WebAddress) -> [DoctorCheck] {
        guard posted.url.origin != page.origin else {
            return [.ok("cors", "script and page have the same origin: not needed")]
        }
        let advice =
            "Set COLLECTOR_ALLOWED_ORIGINS to contain \(page.origin), and let the proxy keep Access-Control fields"
        let allowed = posted.all("access-control-allow-origin")
        guard allowed.count <= 1 else {
            return [
                .problem(
                    "cors",
                    "the response has Access-Control-Allow-Origin \(allowed.count) times: browsers reject it",
                    "Remove the one that the proxy adds"
                )
            ]
        }
        guard let origin = allowed.first, origin == "*" || origin == page.origin else {
            let found = allowed.first.map { "'\($0)'" } ?? "missing"
            return [
                .problem(
                    "cors",
                    "Access-Control-Allow-Origin is \(found): pages of \(page.origin) cannot read that events were stored",
                    advice
                )
            ]
        }
        guard let preflight else { return [.ok("cors", "pages of \(page.origin) may send events")] }
        guard (200..<300).contains(preflight.status),
            let other = preflight["access-control-allow-origin"], other == "*" || other == page.origin
        else {
            return [
                .warning(
                    "cors",
                    "the preflight (OPTIONS) gets status \(preflight.status)",
                    "The tracker needs none, but clients that send JSON do: let the proxy forward OPTIONS"
                )
            ]
        }
        return [.ok("cors", "pages of \(page.origin) may send events, preflight included")]
    }

    /// Signs of a proxy in front of Collector.
    static func proxy(_ posted: ClientResponse) -> DoctorCheck {
        let signs = ["server", "via", "cf-ray", "x-cache", "x-served-by"].compactMap { name in
            posted[name].map { "\(name) '\($0)'" }
        }
        if posted["x-content-type-options"] == nil || posted["content-security-policy"] == nil {
            return .warning("proxy", "the response lacks security fields that Collector sends", proxyAdvice)
        }
        guard !signs.isEmpty else { return .ok("proxy", "no proxy in front of Collector names itself") }
        return .ok(
            "proxy",
            "a proxy is in front of Collector (\(signs.joined(separator: ", "))); if all visitors seem to have its address, set COLLECTOR_TRUSTED_PROXIES"
        )
    }

    /// Compares the `Date` of a response with the clock of this machine; `now` is in seconds since 1970.
    static func clock(_ responses: [ClientResponse], now: Int64) -> DoctorCheck {
        guard
            let (url, time) = responses.lazy.compactMap({ one in
                one["date"].flatMap(HTTPDate.seconds).map { (one.url, $0) }
            }).first
        else { return .skipped("clock", "no response has a Date field") }
        let difference = time - now
        guard abs(difference) > clockSecondsMax else {
            return .ok("clock", "\(url.host) and this machine differ by \(abs(difference)) s")
        }
        return .warning(
            "clock",
            "the clock of \(url.host) is \(abs(difference)) s \(difference > 0 ? "ahead of" : "behind") this machine's",
            "Check the time synchronization of both: events have the time of the server"
        )
    }

    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        bytes.firstRange(of: Array(text.utf8)) != nil
    }
}

/// Dates of HTTP, in the form that servers send (RFC 9110, IMF-fixdate).
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds since 1970; nil if the text has another form.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int64(words[1]),
            let month = months.firstIndex(of: String(words[2])), let year = Int64(words[3]),
            (1970..<10_000).contains(year)
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, (1...31).contains(day), clock.allSatisfy({ (0...60).contains($0) }) else { return nil }
        // Days since 1970 of the proleptic Gregorian calendar, with years that begin in March.
        let shifted = month < 2 ? year - 1 : year
        let dayOfYear = (153 * ((Int64(month) + 10) % 12) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }
}
