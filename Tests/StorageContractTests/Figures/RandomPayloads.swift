/// A text as JSON.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// An object of JSON from the texts of its members.
func object(_ members: [(String, String)]) -> String {
    "{" + members.map { quoted($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
}

/// Payloads as trackers send them, and as no tracker sends them.
extension SeededRandom {
    /// Values that are no text, and no number within any range.
    private static let wrongTexts = ["5", "true", "null", "{}", "[\"en\"]"]
    private static let wrongNumbers = ["\"1200\"", "null", "true", "[5]", "{}", "-1", "1e400", "90000000", "1e99"]

    /// A member that holds a text, mostly; or none.
    private mutating func text(_ name: String, _ values: [String], into members: inout [(String, String)]) {
        guard chance(85) else { return }
        members.append((name, chance(4) ? pick(Self.wrongTexts) : quoted(pick(values))))
    }

    private mutating func number(_ name: String, _ value: String, into members: inout [(String, String)]) {
        members.append((name, chance(5) ? pick(Self.wrongNumbers) : value))
    }

    mutating func pageviewPayload() -> String {
        var members: [(String, String)] = []
        text("language", KnownTexts.languages, into: &members)
        text("screenResolution", KnownTexts.screens, into: &members)
        text("release", KnownTexts.releases, into: &members)
        text("connection", KnownTexts.connections, into: &members)
        text("country", KnownTexts.countries.map(\.raw), into: &members)
        text("timeZone", KnownTexts.zones.map(\.raw), into: &members)
        if chance(10) { number("innerWidth", pick(["0", "1200", "0.0"]), into: &members) }
        if chance(20) { members.append(("hidden", pick(["true", "false", "\"true\""]))) }
        if chance(40) {
            var campaign: [(String, String)] = []
            if chance(70) { text("utm_campaign", KnownTexts.campaigns, into: &campaign) }
            if chance(60) { text("utm_source", KnownTexts.sources, into: &campaign) }
            if chance(50) { text("utm_medium", KnownTexts.mediums, into: &campaign) }
            if chance(30) { text("utm_term", ["web analytics", ""], into: &campaign) }
            if chance(30) { text("utm_content", ["header", "ünï", ""], into: &campaign) }
            for name in ["gclid", "dclid", "fbclid"] where chance(15) { text(name, ["x1", ""], into: &campaign) }
            members.append(("campaign", chance(5) ? pick(["\"spring\"", "[]"]) : object(campaign)))
        }
        // Chosen by a copy: the other values of a seed stay the same.
        var own = self
        if own.chance(20) {
            var imported = KnownTexts.importedNames.map { ($0.0, quoted($0.1)) }
            own.text("product", KnownTexts.products, into: &imported)
            members.append(("imported", own.chance(5) ? own.pick(["\"umami\"", "[]"]) : object(imported)))
        }
        return object(members)
    }

    private mutating func vital(_ edges: [String], _ range: ClosedRange<Int>) -> String {
        switch self.number(0, 9) {
        case 0: pick(edges)
        case 1: "\(self.number(range.lowerBound, range.upperBound)).\(self.number(0, 9))"
        case 2: "\(self.number(range.lowerBound, range.upperBound)).5e0"
        default: String(self.number(range.lowerBound, range.upperBound))
        }
    }

    mutating func vitalsPayload() -> String {
        var members: [(String, String)] = []
        if chance(90) { text("navigationType", KnownTexts.navigations, into: &members) }
        if chance(75) {
            let value = vital(["2500", "2500.00001", "4000", "4000.1", "0", "600000", "600001"], 300...6000)
            number("LCP", value, into: &members)
        }
        if chance(60) {
            number("INP", vital(["200", "200.000001", "500", "500.5", "0"], 8...900), into: &members)
        }
        if chance(60) {
            let value = pick(["0", "0.1", "0.25", "0.1000001", "0.2500001", "0.0\(self.number(1, 9999))", "301", "1.5"])
            number("CLS", value, into: &members)
        }
        if chance(60) { number("FCP", vital(["1800", "1800.01", "3000"], 200...4000), into: &members) }
        if chance(60) { number("TTFB", vital(["800", "1800", "0"], 20...2500), into: &members) }
        if chance(60) { members.append(("attribution", attribution())) }
        return object(members.shuffled(using: &self))
    }

    private mutating func attribution() -> String {
        var lcp: [(String, String)] = []
        text(pick(["target", "target", "element"]), KnownTexts.elements, into: &lcp)
        for name in ["timeToFirstByte", "resourceLoadDelay", "resourceLoadDuration", "elementRenderDelay"]
        where chance(80) { number(name, String(self.number(0, 5) * 100), into: &lcp) }
        if chance(20) { lcp.append(("loadTime", "450")) }
        var inp: [(String, String)] = []
        text("interactionTarget", KnownTexts.elements, into: &inp)
        for name in ["inputDelay", "processingDuration", "presentationDelay"]
        where chance(80) { number(name, String(self.number(0, 300)), into: &inp) }
        var cls: [(String, String)] = []
        text("largestShiftTarget", KnownTexts.elements, into: &cls)
        return object([("LCP", object(lcp)), ("INP", object(inp)), ("CLS", object(cls))])
    }

    mutating func engagementPayload() -> String {
        var members: [(String, String)] = []
        if chance(90) {
            number("engagedMs", pick(["0", "0.5", "1499.5", "86400000", "\(self.number(1, 90_000))"]), into: &members)
        }
        if chance(70) { number("scrollDepth", String(self.number(0, 100)), into: &members) }
        return object(members)
    }

    mutating func errorPayload() -> String {
        let fault = self.number(0, 11)
        var members: [(String, String)] = [("kind", quoted("error")), ("name", quoted("Fault"))]
        members.append(("message", quoted("fault \(Self.word(fault)) broke")))
        let file = quoted("https://shop.example/app.js")
        let frame = object([("function", quoted("f\(fault)")), ("file", file), ("line", String(10 + fault))])
        members.append(("frames", "[\(frame)]"))
        if fault >= 9 {
            members.append(("noise", quoted(["extension", "resize_observer", "script_error"][fault - 9])))
        }
        if chance(50) { number("count", pick(["1", "2", "10000", "2.7", "0", "10001"]), into: &members) }
        return object(members)
    }

    private static func word(_ number: Int) -> String { String(UnicodeScalar(UInt8(97 + number))) }

    mutating func customPayload() -> String {
        guard chance(70) else { return "{}" }
        let plans = ["\"pro\"", "\"free\"", "5", "true", "null", "\"ünï\"", "{\"a\":1}", "\"\"", "\"(none)\""]
        var members = [("plan", pick(plans)), ("amount", String(self.number(1, 5)))]
        if chance(60) {
            let values = ["19.9", "0.0001", "-5", "1000000000", "12.3456", "0.1", "0.2", "1e2", "null"]
            members.append(("value", pick(values)))
        }
        if chance(70) { members.append(("currency", pick(["\"EUR\"", "\"usd\"", "\"EURO\"", "5", "\"\""]))) }
        return object(members)
    }

    mutating func resourcesPayload() -> String {
        var members: [(String, String)] = []
        let slowest = (0..<self.number(0, 12)).map { _ in
            var resource: [(String, String)] = []
            if chance(95) { resource.append(("name", quoted(pick(KnownTexts.resources).raw))) }
            if chance(90) {
                number(
                    "duration",
                    pick(["500", "500.001", "1000", "3600000", "\(self.number(1, 3000))"]),
                    into: &resource
                )
            }
            if chance(80) {
                number("transferSize", pick(["0", "10000000000", "\(self.number(1, 90_000)).7"]), into: &resource)
            }
            return chance(3) ? "\"text\"" : object(resource)
        }
        members.append(("slowest", chance(4) ? "{}" : "[\(slowest.joined(separator: ","))]"))
        let parties = (0..<self.number(0, 3)).map { _ in
            var party: [(String, String)] = [("host", quoted(pick(KnownTexts.hosts)))]
            number("duration", String(self.number(1, 3000)), into: &party)
            number("bytes", String(self.number(1, 3000)), into: &party)
            return object(party)
        }
        members.append(("thirdParties", "[\(parties.joined(separator: ","))]"))
        return object(members)
    }

    mutating func fingerprintPayload() -> String {
        if chance(10) {
            let brand = pick(["Brave", "Google Chrome", "Opera GX"])
            let list = chance(50) ? "brands" : "fullVersionList"
            return #"{"fingerprints":{"signals":{"hints":{"\#(list)":[{"brand":"Chromium"},{"brand":"\#(brand)"}]}}}}"#
        }
        guard chance(10) else { return #"{"fingerprints":{"hash":"00ff"}}"# }
        return #"{"fingerprints":{"automation":["webdriver",5,"cdc_"]}}"#
    }
}
