import Testing

@testable import Aggregation

/// An error as the tracker reports it: its name, message and frames `function file:line:column`.
private struct Reported: Sendable {
    var name: String
    var message: String
    var frames: [String]

    init(_ name: String, _ message: String, _ frames: String...) {
        (self.name, self.message, self.frames) = (name, message, frames)
    }

    func description(site: String = "shop.example") throws -> IssueDescription {
        let hashes = try #require(KeyedHashes(secret: String(repeating: "5a", count: 32)))
        let frames = frames.map { frame in
            let parts = frame.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            let address = parts[1].split(separator: ":")
            let file = address.dropLast(2).joined(separator: ":")
            return """
                {"function":"\(parts[0] == "-" ? "" : parts[0])","file":"\(file)","line":\(address[address.count - 2]),\
                "column":\(address[address.count - 1])}
                """
        }
        let quoted = message.replacing("\"", with: "\\\"")
        let payload = """
            {"kind":"error","name":"\(name)","message":"\(quoted)","frames":[\(frames.joined(separator: ","))]}
            """
        return IssueDescription(LazyJSON(payload), site: site, hashes.texts)
    }
}

private let origin = "https://shop.example"
private let reading = [
    "Cannot read properties of undefined (reading 'price')", #"can't access property "price", e is undefined"#,
    "undefined is not an object (evaluating 'e.price')",
]

@Suite struct IssueStackTests {
    /// Errors of one fault: of three engines, of another release, of other visitors.
    @Test(arguments: [
        // Vite, before and after a deploy.
        [
            Reported("Error", "no stock", "buy \(origin)/assets/index-DiwrgTda.js:9:14"),
            Reported("Error", "no stock", "Shop.buy \(origin)/assets/index-B7x2k9Qa.js:31:14"),
            Reported("Error", "no stock", "Shop/buy \(origin)/assets/index-C-k2_9Qa.js:30:9"),
        ],
        // webpack, with short and with long hashes.
        [
            Reported("Error", "no stock", "buy \(origin)/static/js/main.3f9a1c.js:2:14"),
            Reported("Error", "no stock", "buy \(origin)/static/js/main.77ac2e.js:3:14"),
            Reported("Error", "no stock", "buy \(origin)/static/js/main.0a1b2c3d4e5f60718293.js:3:14"),
        ],
        // Next.js: a build id as a folder, hashes after a hyphen.
        [
            Reported("Error", "x", "a \(origin)/_next/static/chunks/pages/_app-0a1b2c3d4e5f6071.js:1:9"),
            Reported("Error", "x", "a \(origin)/_next/static/chunks/pages/_app-ff1b2c3d4e5f6072.js:1:9"),
        ],
        [
            Reported("Error", "x", "a \(origin)/_next/static/mZ3Xq0PLk8u2_yT5r-wQc/_manifest.js:1:9"),
            Reported("Error", "x", "a \(origin)/_next/static/aB3Xq0PLk8u2_yT5r-wQd/_manifest.js:1:9"),
        ],
        // A folder for each release, and a version in the query.
        [
            Reported("Error", "x", "a \(origin)/v1.9.2/app.js?v=3:4:9"),
            Reported("Error", "x", "a \(origin)/v2.0.0/app.js:5:9"),
        ],
        // A library between two frames of the site.
        [
            Reported("Error", "x", "emit https://cdn.example/vue@3.4/vue.js:90:1", "buy \(origin)/app.js:4:9"),
            Reported("Error", "x", "emit https://cdn.example/vue@3.5/vue.js:97:1", "buy \(origin)/app.js:4:9"),
            Reported("Error", "x", "trigger \(origin)/node_modules/bus/index.js:1:1", "buy \(origin)/app.js:4:9"),
        ],
        // Minified code of one build, in three engines.
        [
            Reported("TypeError", reading[0], "t \(origin)/app.3f9a1c.js:1:4810"),
            Reported("TypeError", reading[1], "t \(origin)/app.3f9a1c.js:1:4803"),
            Reported("TypeError", reading[2], "t \(origin)/app.3f9a1c.js:1:4815"),
        ],
    ])
    fileprivate func `one fault is one issue`(errors: [Reported]) throws {
        #expect(try Set(errors.map { try $0.description().id }).count == 1)
    }

    /// Different faults that have much in common.
    @Test(arguments: [
        // One minified line: other columns, functions, properties, messages.
        [
            Reported("TypeError", reading[0], "t \(origin)/app.min.js:1:4810"),
            Reported("TypeError", reading[0], "t \(origin)/app.min.js:1:4850"),
            Reported("TypeError", reading[0], "n \(origin)/app.min.js:1:4810"),
            Reported("TypeError", reading[0], "t \(origin)/app.min.js:2:4810"),
            Reported(
                "TypeError",
                "Cannot read properties of undefined (reading 'total')",
                "t \(origin)/app.min.js:1:4810"
            ),
            Reported("Error", "no stock", "t \(origin)/app.min.js:1:4810"),
            Reported("Error", "no money", "t \(origin)/app.min.js:1:4810"),
        ],
        [Reported("Error", "x", "a \(origin)/app-cart.js:1:9"), Reported("Error", "x", "a \(origin)/app-shop.js:1:9")],
        [Reported("Error", "x", "a \(origin)/facade.js:1:9"), Reported("Error", "x", "a \(origin)/decade.js:1:9")],
        [Reported("Error", "x", "a \(origin)/a/app.js:1:9"), Reported("Error", "x", "a \(origin)/b/app.js:1:9")],
        [
            Reported("Error", "x", "a \(origin)/app.js:1:9", "b \(origin)/app.js:2:9"),
            Reported("Error", "x", "a \(origin)/app.js:1:9", "c \(origin)/app.js:3:9"),
        ],
    ])
    fileprivate func `different faults are different issues`(errors: [Reported]) throws {
        #expect(try Set(errors.map { try $0.description().id }).count == errors.count)
    }

    @Test(arguments: [
        ("item 17 of 20 failed", "item 0 of 0 failed"), ("took 1.75 s", "took 0 s"),
        ("user 3f9a6c2e-1b2c-4d5e-8f90-a1b2c3d4e5f6 left", "user 0 left"), ("hash 3f9a6c2e1b2c", "hash 0"),
        ("GET https://api.example/v1/users?id=7, again", "GET <url>, again"),
        ("see (wss://x.example/a)", "see (<url>)"),
        (#"no column "price" in 'orders' or `x`"#, "no column <string> in <string> or <string>"),
        ("can't load the user's cart", "can't load the user's cart"),
        ("order 1NXabc7Kd93kf missing", "order 0 missing"),
        ("deadbeef facade checkout", "deadbeef facade checkout"), ("an 'unclosed quote", "an 'unclosed quote"),
        ("at 12:30:01", "at 0:0:0"), ("", ""), ("'é' and 'ü'", "<string> and <string>"),
    ])
    func `a message is grouped without its values`(message: String, template: String) {
        #expect(MessageTemplate.of(message) == template)
    }

    @Test func `a template of any text is found in linear time`() {
        for text in ["'", "\"", "a1", "0-", "://", "x://"] {
            let message = String(repeating: text, count: 200_000 / text.count)
            let start = ContinuousClock.now
            _ = MessageTemplate.of(String(message.prefix(DimensionText.valueBytesMax)))
            #expect(start.duration(to: .now) < .seconds(1))
        }
    }

    @Test(arguments: [
        ("https://shop.example/app.js", true), ("https://static.shop.example/app.js", true), ("app.js", true),
        ("webpack://shop/./src/cart.ts", true), ("https://cdn.example/app.js", false),
        ("https://shop.example/node_modules/vue/vue.js", false),
        ("https://shop.example/assets/vendor-DiwrgTda.js", false),
        ("https://shop.example/js/vendors~main.3f9a1c2b.js", false), ("chrome-extension://abc/content.js", false),
        ("https://shop.example/jquery-3.7.1.min.js", false), ("https://shop.example/polyfills.3f9a1c.js", false),
    ])
    func `a frame is of the site's own code or not`(file: String, isInApp: Bool) {
        #expect(ScriptAddress(file).isInApp(site: "www.shop.example") == isInApp)
        #expect(ScriptAddress(file).isInApp(site: "") == (isInApp || file.hasPrefix("https://cdn.")))
    }

    @Test func `the culprit is the first frame of the site's own code`() throws {
        let error = Reported("Error", "x", "emit https://cdn.example/vue.js:90:1", "Shop.buy \(origin)/app.js?v=1:4:9")
        #expect(try error.description().culprit == Culprit(function: "buy", file: "\(origin)/app.js", line: 4))
        let foreign = Reported("Error", "x", "emit https://cdn.example/vue.js:90:1")
        #expect(try foreign.description().culprit.file == "https://cdn.example/vue.js")
        #expect(try Reported("Error", "x").description().culprit.isEmpty)
    }
}
