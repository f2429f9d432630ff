import Crypto
import HTML
import HTTPClient
import Testing

@testable import collector

/// What `collector doctor` finds on pages and in responses.
@Suite struct DoctorTests {
    private static let page = "https://shop.example/a/"

    private func address(_ text: String, base: String? = nil) throws -> WebAddress {
        try #require(WebAddress(text, base: base.flatMap { WebAddress($0) }))
    }

    private func tags(_ html: String) throws -> [PageTag] {
        try PageTag.all(HTMLDocument(Array(html.utf8)), url: address(Self.page))
    }

    private func response(
        _ url: String,
        _ status: Int = 200,
        _ fields: [String: String] = [:],
        _ body: String = ""
    ) throws -> ClientResponse {
        var response = ClientResponse(try address(url))
        (response.status, response.body) = (status, Array(body.utf8))
        response.fields = fields.map { ($0.key, $0.value) }
        return response
    }

    // MARK: - Tags

    @Test func `a tag is found by its file name, and its endpoint is beside the script`() throws {
        let found = try tags(#"<head><SCRIPT DEFER SRC=" https://c.test/x/collector.js?v=1 " data-site=shop></SCRIPT>"#)
        #expect(found.map(\.script.text) == ["https://c.test/x/collector.js?v=1"])
        #expect(found.map(\.endpoint.text) == ["https://c.test/x/events"])
        #expect(found[0].isDeferred)
        #expect(found[0].attributes["data-site"] == "shop")
    }

    @Test func `tags in comments, noscript and templates do not run`() throws {
        let tag = #"<script src="https://c.test/collector.js"></script>"#
        #expect(try tags("<!-- \(tag) --><noscript>\(tag)</noscript><template>\(tag)</template><p>x").isEmpty)
        #expect(try tags("<noscript>\(tag)</noscript>\(tag)<p>x").count == 1)
    }

    @Test func `elements beyond the limit do not change those before it`() throws {
        let many = String(repeating: "<br>", count: HTMLDocument.elementsMax)
        let document = try HTMLDocument(Array("\(many)<script src=/collector.js>let a</script>".utf8))
        #expect(document.elements.count == HTMLDocument.elementsMax)
        #expect(document.elements.last == HTMLElement("br"))
    }

    @Test func `the text of a script ends with it`() throws {
        let html = "<body><p><script>let a</script>after<b>x</b>y</p></body>"
        let document = try HTMLDocument(Array(html.utf8))
        #expect(document.elements.first { $0.name == "script" }?.text == "let a")
    }

    @Test func `base, data-endpoint and modules are respected`() throws {
        let html = #"<base href="/shop/"><script type=module src="js/collector.mjs" data-endpoint="/in"></script>"#
        let tag = try #require(try tags(html).first)
        #expect(tag.script.text == "https://shop.example/shop/js/collector.mjs")
        #expect(tag.endpoint.text == "https://shop.example/in")
        #expect(tag.isModule && tag.isDeferred && !tag.hasOtherType)
    }

    @Test func `a page without a tag, with an import, and with two tags are distinguished`() throws {
        func state(_ html: String) throws -> DoctorCheck.State {
            let document = try HTMLDocument(Array(html.utf8))
            return TagChecks.tag(try tags(html), document: document).state
        }
        #expect(try state("<p>x") == .problem)
        #expect(try state(#"<script type=module>import c from "https://c.test/collector.mjs";</script>"#) == .warning)
        #expect(try state(#"<script src=/collector.js></script><script src=/collector.js></script>"#) == .warning)
        #expect(try state(#"<script src=/collector.js></script>"#) == .ok)
    }

    @Test func `attributes that keep the tag from running are problems`() throws {
        func states(_ attributes: String) throws -> [DoctorCheck.State] {
            let tag = try #require(try tags("<script \(attributes)></script>").first)
            return TagChecks.attributes(tag, page: try address(Self.page)).map(\.state)
        }
        #expect(try states("defer src=/collector.js") == [.ok])
        #expect(try states("src=/collector.js") == [.warning])
        #expect(try states("defer src=/collector.js type=text/plain") == [.problem])
        #expect(try states("defer data-src=/collector.js") == [.problem])
        #expect(try states("src=/collector.mjs") == [.problem])
        #expect(try states("defer src=/collector.js data-stie=x") == [.warning])
    }

    @Test func `mixed content is a problem of secure pages only, and not on this machine`() throws {
        func state(_ page: String, _ script: String) throws -> DoctorCheck.State {
            let tag = try #require(try tags("<script src=\(script)></script>").first)
            return TagChecks.mixedContent(tag, page: try address(page)).state
        }
        #expect(try state("https://shop.example/", "http://c.test/collector.js") == .problem)
        #expect(try state("https://shop.example/", "http://127.c.test/collector.js") == .problem)
        #expect(try state("http://shop.example/", "http://c.test/collector.js") == .ok)
        #expect(try state("https://shop.example/", "https://c.test/collector.js") == .ok)
        #expect(try state("https://shop.example/", "http://localhost:5000/collector.js") == .ok)
    }

    // MARK: - Private addresses

    @Test(arguments: [
        "http://localhost/", "http://x.localhost:81/", "http://127.0.0.1/", "http://10.1.2.3/", "http://192.168.0.1/",
        "http://169.254.169.254/", "http://0.0.0.0/", "http://100.64.0.1/", "http://[::1]/", "http://[::]/",
        "http://[fe80::1]/", "http://[fd00::1]/", "http://[::ffff:10.0.0.1]/", "http://127.1/", "http://0x7f000001/",
    ])
    func `pages with public addresses do not reach private ones`(text: String) throws {
        let url = try address(text)
        let isAllowed = PrivateAddress.rule(page: try address(Self.page))
        let isAllowedForPrivatePage = PrivateAddress.rule(page: try address("http://127.0.0.1:5000/"))
        #expect(PrivateAddress.contains(url) && !isAllowed(url) && isAllowedForPrivatePage(url))
    }

    @Test(arguments: ["https://c.test/", "https://8.8.8.8/", "https://[2001:db8::1]/", "https://10.0.0.1.example/"])
    func `public addresses are reached from every page`(text: String) throws {
        let url = try address(text)
        let isAllowed = PrivateAddress.rule(page: try address(Self.page))
        #expect(!PrivateAddress.contains(url) && isAllowed(url))
    }

    @Test func `requests to other schemes and to refused addresses are not sent`() throws {
        let client = HTTPClient(agent: "test", allows: PrivateAddress.rule(page: try address(Self.page)))
        for text in ["file:///etc/passwd", "gopher://c.test/", "http://127.0.0.1:1/"] {
            let url = try address(text)
            #expect(throws: ClientError.refused(url)) { try client.send("POST", url) }
        }
    }

    // MARK: - Policies

    @Test(
        arguments: [
            ("", nil), ("script-src https://c.test", nil), ("script-src c.test", nil), ("script-src *.test", nil),
            ("script-src https:", nil), ("script-src *", nil), ("script-src https://c.test/collector.js", nil),
            ("default-src 'self'; script-src-elem https://c.test:443/", nil), ("script-src http://c.test", nil),
            ("script-src 'nonce-abc' 'strict-dynamic'", nil),
            ("default-src 'none'", "default-src 'none'"), ("script-src 'self'", "script-src 'self'"),
            ("script-src https://c.test:8443", "script-src https://c.test:8443"),
            ("script-src https://c.test/js/", "script-src https://c.test/js/"),
            ("script-src https://c.test 'strict-dynamic'", "script-src https://c.test 'strict-dynamic'"),
            ("script-src https://c.test, default-src 'self'", "default-src 'self'"), ("script-src", "script-src "),
            ("script-src https://*.c.test", "script-src https://*.c.test"),
        ] as [(String, String?)]
    )
    func `a policy allows or blocks a script`(policy: String, directive: String?) throws {
        let site = SitePolicy([policy], page: try address(Self.page))
        let script = try address("https://c.test/collector.js")
        #expect(site.directive(blockingScript: script, nonce: "abc", integrity: nil) == directive)
    }

    @Test func `a policy allows or blocks the events`() throws {
        func directive(_ policy: String, _ url: String) throws -> String? {
            SitePolicy([policy], page: try address(Self.page)).directive(blockingConnection: try address(url))
        }
        #expect(try directive("connect-src 'self'", "https://shop.example/events") == nil)
        #expect(try directive("connect-src 'self'", "https://c.test/events") == "connect-src 'self'")
        #expect(try directive("default-src 'none'; connect-src https://c.test", "https://c.test/events") == nil)
        #expect(try directive("script-src 'none'", "https://c.test/events") == nil)
    }

    @Test func `only header fields are lists of policies`() throws {
        let text = "script-src https://c.test, default-src 'none'"
        let script = try address("https://c.test/collector.js")
        let meta = SitePolicy([], metas: [text], page: try address(Self.page))
        #expect(meta.directive(blockingScript: script, nonce: nil, integrity: nil) == text)
        let field = SitePolicy([text], page: try address(Self.page))
        #expect(field.directive(blockingScript: script, nonce: nil, integrity: nil) == "default-src 'none'")
    }

    @Test func `a policy that allows the tag by its digest allows its modules with strict-dynamic only`() throws {
        func states(_ more: String) throws -> [DoctorCheck.State] {
            let html = "<script defer src=https://c.test/collector.js integrity=sha384-AAAA></script>"
            var page = try response(Self.page)
            page.fields = [("content-security-policy", "script-src 'sha384-AAAA' \(more)")]
            let tag = try #require(try tags(html).first)
            return TagChecks.policy(page, try HTMLDocument(Array(html.utf8)), tag).map(\.state)
        }
        #expect(try states("'strict-dynamic'") == [.ok])
        #expect(try states("") == [.problem])
        #expect(try states("https://c.test") == [.ok])
    }

    // MARK: - Script and endpoint

    @Test func `what is served at the address of the script is recognized`() throws {
        let own = #"self[Symbol.for("collector")]="0.1.0""#
        func state(_ status: Int, _ type: String, _ body: String) throws -> [DoctorCheck.State] {
            let response = try response("https://c.test/collector.js", status, ["content-type": type], body)
            return ServerChecks.script(response, own: Array(own.utf8), version: "0.1.0").map(\.state)
        }
        #expect(try state(200, "text/javascript", own) == [.ok])
        #expect(try state(200, "text/javascript", "/* */" + own) == [.warning])
        #expect(try state(200, "text/javascript", #"Symbol.for("collector");"0.0.9""#) == [.ok])
        #expect(try state(200, "text/javascript", "alert(1)") == [.problem])
        #expect(try state(200, "text/html", own) == [.problem])
        #expect(try state(404, "text/javascript", own) == [.problem])
    }

    @Test func `integrity is compared as browsers do it`() throws {
        let script = try response("https://c.test/collector.js", 200, [:], "abc")
        func state(_ attributes: String) throws -> DoctorCheck.State {
            let tag = try #require(try tags("<script src=https://c.test/collector.js \(attributes)></script>").first)
            return ServerChecks.integrity(tag, script, page: try address(Self.page)).state
        }
        // FIPS 180-4, "abc".
        let right = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
        #expect(Integrity.digest(Array("abc".utf8), .sha256) == String(right.dropFirst(7)))
        #expect(try state("") == .ok)
        #expect(try state("crossorigin integrity=\"\(right)\"") == .warning)
        #expect(try state("integrity=\"\(right)\"") == .problem)
        #expect(try state("crossorigin integrity=\"sha384-AAAA\"") == .problem)
        // The strongest algorithm decides.
        #expect(try state("crossorigin integrity=\"\(right) sha512-AAAA\"") == .problem)
        #expect(try state("crossorigin integrity=\"md5-AAAA\"") == .warning)
        for word in ["?", "sha256-?", "-", "sha256"] {
            #expect(try state("crossorigin integrity=\"\(word)\"") == .warning)
        }
        #expect(try state("crossorigin integrity=\"\(right)?option\"") == .warning)
    }

    @Test func `an endpoint must accept events and let pages read the response`() throws {
        let accepted = #"{"status":"ok","accepted":0,"rejected":[]}"#
        let right = ["access-control-allow-origin": "*"]
        let page = try address(Self.page)
        #expect(
            ServerChecks.endpoint(try response("https://c.test/events", 200, [:], accepted), health: nil).state == .ok
        )
        for status in [200, 301, 403, 404, 413, 429, 502] {
            #expect(ServerChecks.endpoint(try response("https://c.test/events", status), health: nil).state == .problem)
        }
        let health = try response(
            "https://c.test/health",
            503,
            [:],
            #"{"status":"unhealthy","database":"unavailable"}"#
        )
        #expect(
            ServerChecks.endpoint(try response("https://c.test/events", 200, [:], accepted), health: health).state
                == .warning
        )
        func cors(_ url: String, _ fields: [String: String], _ preflight: Int = 204) throws -> [DoctorCheck.State] {
            let other = try response(url, preflight, fields)
            return ServerChecks.cors(try response(url, 200, fields, accepted), preflight: other, page: page).map(
                \.state
            )
        }
        #expect(try cors("https://c.test/events", right) == [.ok])
        #expect(try cors("https://c.test/events", ["access-control-allow-origin": "https://shop.example"]) == [.ok])
        #expect(
            try cors("https://c.test/events", ["access-control-allow-origin": "https://other.example"]) == [.problem]
        )
        #expect(try cors("https://c.test/events", [:]) == [.problem])
        #expect(try cors("https://c.test/events", right, 405) == [.warning])
        #expect(try cors("https://shop.example/events", [:]) == [.ok])
    }

    @Test func `caching by a proxy is noticed`() throws {
        func state(_ fields: [String: String]) throws -> [DoctorCheck.State] {
            ServerChecks.caching(try response("https://c.test/collector.js", 200, fields)).map(\.state)
        }
        let right = ["cache-control": "public, max-age=3600", "etag": "\"1\"", "content-encoding": "br"]
        #expect(try state(right) == [.ok])
        #expect(try state(right.merging(["cache-control": "public, max-age=31536000"]) { $1 }) == [.warning])
        #expect(try state(right.merging(["cache-control": "no-store"]) { $1 }) == [.warning])
        #expect(try state(["cache-control": "max-age=60", "etag": "1"]) == [.warning])
        #expect(try state(["cache-control": "max-age=60"]) == [.warning, .warning])
    }

    @Test func `clocks are compared by the date of a response`() throws {
        #expect(HTTPDate.seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(HTTPDate.seconds("Thu, 29 Feb 2024 00:00:00 GMT") == 1_709_164_800)
        for wrong in ["", "yesterday", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"] {
            #expect(HTTPDate.seconds(wrong) == nil)
        }
        let response = try response("https://c.test/events", 200, ["date": "Sun, 06 Nov 1994 08:49:37 GMT"])
        #expect(ServerChecks.clock([response], now: 784_111_777).state == .ok)
        #expect(ServerChecks.clock([response], now: 784_111_777 + 61).state == .warning)
        #expect(ServerChecks.clock([], now: 0).state == .skipped)
    }

    @Test func `lines have no control characters of pages`() {
        let check = DoctorCheck.problem("tag", "a\u{1b}[31mb\u{202e}c", "d")
        #expect(check.line == "problem  tag          a\u{fffd}[31mb\u{fffd}c\n                      -> d")
    }

    @Test func `addresses that are not of the web are recognized`() throws {
        #expect(try address("HTTPS://Shop.Example:443/a?b#c").origin == "https://shop.example")
        #expect(try address("http://shop.example:8080").origin == "http://shop.example:8080")
        #expect(try !address("file:///etc/passwd").isWeb)
        #expect(try address("//c.test/x", base: Self.page).text == "https://c.test/x")
        #expect(WebAddress("https://") == nil)
    }
}
