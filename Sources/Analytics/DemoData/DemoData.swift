import Glibc
import Numbers
package import Events

/// Generates visits to a site from a seed, for screenshots and benchmarks; the same seed generates the same visits.
///
/// Page timings are log-normal, paths follow Zipf's law, traffic has daily and weekly cycles, visitors return, and
/// errors have the messages of three engines. Events are generated in order of time, one hour per call.
package struct DemoData {
    /// Number of days generated; the last one ends at the run's end.
    package static let days = 30

    private struct Profile {
        let agent: String
        let weight: Double
        /// Factor for all timings.
        let slowness: Double
        /// Index of the engine's error messages: 0 for V8, 1 for SpiderMonkey, 2 for JavaScriptCore.
        let screen: String
        let engine: Int
    }

    private static let profiles = [
        Profile(
            agent:
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            weight: 34,
            slowness: 0.9,
            screen: "1920x1080",
            engine: 0
        ),
        Profile(
            agent:
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            weight: 24,
            slowness: 1.7,
            screen: "412x915",
            engine: 0
        ),
        Profile(
            agent:
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
            weight: 18,
            slowness: 1.1,
            screen: "390x844",
            engine: 2
        ),
        Profile(
            agent:
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
            weight: 8,
            slowness: 0.7,
            screen: "1512x982",
            engine: 2
        ),
        Profile(
            agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
            weight: 7,
            slowness: 1.0,
            screen: "1920x1080",
            engine: 1
        ),
        Profile(
            agent:
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            weight: 6,
            slowness: 0.95,
            screen: "1536x864",
            engine: 0
        ),
        Profile(
            agent: "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/about)",
            weight: 3,
            slowness: 0.4,
            screen: "800x600",
            engine: 0
        ),
    ]
    private static let sections = [
        "", "products", "docs", "blog", "pricing", "about", "search", "cart", "account", "help",
    ]
    private static let languages = ["en-US", "en-US", "en-GB", "de", "fr", "es", "ja", "pt-BR"]

    private var random: SplitMix
    private let end: Int64
    private let total: Int
    private let idPrefix: UInt64
    private var made = 0
    private var hour = 0
    private var visitors: [UInt64] = []
    /// Delivery reports of the last hour's page views.
    package private(set) var reports: [DeliveryReport] = []
    private let weights: [Double]

    /// - Parameter run: number of events, seed, end time and id prefix.
    package init(_ run: DemoRun) {
        let end = run.end
        random = SplitMix(run.seed)
        self.end = end
        total = run.events
        idPrefix = run.idPrefix
        weights = (0..<Self.days * 24).map { hour in
            let start = end / 3_600_000_000 - Int64(Self.days * 24 - hour)
            let ofDay = Double(start % 24)
            let ofWeek = (start / 24 + 4) % 7
            let rhythm = 1 + 0.85 * sin((ofDay - 8) / 24 * 2 * .pi)
            return rhythm * (ofWeek == 0 || ofWeek == 6 ? 0.6 : 1) * (1 + Double(hour) / 2000)
        }
    }

    /// Generates the events of the next hour, sorted by time; nil when all have been generated.
    package mutating func next() -> [Event]? {
        guard hour < weights.count, made < total else { return nil }
        let done = weights[...hour].reduce(0, +) / weights.reduce(0, +)
        let wanted = hour == weights.count - 1 ? total : Int(Double(total) * done)
        let start = end - Int64(Self.days * 24 - hour) * 3_600_000_000
        hour += 1
        reports = []
        var events: [Event] = []
        while made + events.count < wanted {
            session(from: start + Int64(random.unit() * 3_600_000_000), &events)
        }
        events.removeLast(max(0, made + events.count - total))
        events.sort { $0.receivedAt < $1.receivedAt }
        for index in events.indices {
            events[index].eventID = DemoRun.eventID(idPrefix: idPrefix, number: made + index)
        }
        made += events.count
        return events
    }

    private mutating func session(from start: Int64, _ events: inout [Event]) {
        let isNew = visitors.isEmpty || random.unit() < 0.55
        let visitor = isNew ? random.next() : visitors[Int(random.unit() * Double(visitors.count))]
        if isNew, visitors.count < 2_000_000 { visitors.append(visitor) }
        // Attributes of a visitor depend only on the visitor.
        var own = SplitMix(visitor)
        let profile = Self.pick(Self.profiles, by: own.unit())
        let language = Self.languages[Int(own.unit() * Double(Self.languages.count))]
        let home = DemoHome.pick(language: language, by: own.unit(), isLocated: own.unit() < 0.85)
        let referrer = Self.referrer(by: random.unit())
        var time = start
        var views = 1
        while views < 20, random.unit() < 0.55 { views += 1 }
        let session = random.next()
        for number in 0..<views {
            let view = View(
                visitor: DemoRun.id("v", idPrefix: idPrefix, visitor),
                session: DemoRun.id("s", idPrefix: idPrefix, session),
                pageview: DemoRun.id("p", idPrefix: idPrefix, random.next()),
                number: visitor,
                agent: profile.agent,
                home: home,
                path: path(),
                referrer: number == 0 ? referrer : "https://shop.example/"
            )
            page(view, time, profile, language, isFirst: number == 0, &events)
            time += Int64((8 + random.logNormal(median: 25, spread: 1)) * 1_000_000)
        }
    }

    private struct View {
        let visitor, session, pageview: String
        /// The visitor without the run's id prefix, so that the same seed generates the same visits.
        let number: UInt64
        let agent: String
        let home: DemoHome
        let path, referrer: String
    }

    private mutating func page(
        _ view: View,
        _ time: Int64,
        _ profile: Profile,
        _ language: String,
        isFirst: Bool,
        _ events: inout [Event]
    ) {
        let slowness = profile.slowness
        let ttfb = random.logNormal(median: 220 * slowness, spread: 0.6)
        let fcp = ttfb + random.logNormal(median: 500 * slowness, spread: 0.5)
        let lcp = fcp + random.logNormal(median: 700 * slowness, spread: 0.8)
        let inp = random.logNormal(median: 70 * slowness, spread: 0.8)
        let cls = random.unit() < 0.4 ? 0 : random.logNormal(median: 0.04, spread: 1)
        let parts = [0.25, 0.15 + 0.5 * random.unit(), 0.15, 0.15].map { Self.tenth(lcp * $0) }
        let (element, target) = targets()
        let connection = profile.engine == 0 ? #","connection":"4g""# : ""
        let campaign = isFirst ? Self.campaign(by: random.unit()) : "{}"
        let release = "2.\(hour / 168)"
        var seq = 0
        func add(_ type: String, _ seconds: Double, _ payload: String) {
            seq += 1
            events.append(Self.event(view, type, seq, time + Int64(seconds * 1_000_000), payload))
        }
        add(
            "pageview",
            0.3,
            """
            {"kind":"navigate","language":"\(language)","screenResolution":"\(profile.screen)"\(connection),\
            "campaign":\(campaign),"release":"\(release)","timeZone":"\(view.home.timeZone)","collector":"0.1.0"}
            """
        )
        if isFirst, random.unit() < 0.5 { add("fingerprint_ready", 1.5, fingerprint(of: view.number, profile)) }
        if random.unit() < 0.25 {
            add("resources", 2, resources(Self.tenth(random.logNormal(median: 180 * slowness, spread: 0.9))))
        }
        if random.unit() < 0.04 { add("error", 3, error(profile.engine)) }
        if random.unit() < 0.06 { add("add_to_cart", 5, #"{"sku":"\#(Int(random.unit() * 500))"}"#) }
        conversion(view.path, seed: view.number &+ UInt64(events.count)).map { add($0.type, 6, $0.payload) }
        let stay = random.logNormal(median: 18, spread: 1)
        // Safari does not report layout shifts, nor interactions in older versions.
        let inpText = random.unit() < 0.7 ? "\(Self.tenth(inp))" : "null"
        let clsText = profile.engine == 0 ? "\((cls * 1e4).rounded() / 1e4)" : "null"
        add(
            "webvitals",
            stay,
            """
            {"navigationType":"navigate","why":"pagehide","LCP":\(Self.tenth(lcp)),"INP":\(inpText),"CLS":\(clsText),\
            "FCP":\(Self.tenth(fcp)),"TTFB":\(Self.tenth(ttfb)),"attribution":{"LCP":{"target":"\(element)",\
            "timeToFirstByte":\(parts[0]),"resourceLoadDelay":\(parts[1]),"resourceLoadDuration":\(parts[2]),\
            "elementRenderDelay":\(parts[3])},"INP":\(Self.interaction(target, inp))}}
            """
        )
        add(
            "engagement",
            stay + 0.1,
            #"{"engagedMs":\#(Int(stay * 700)),"scrollDepth":\#(Int(random.unit() * 100)),"reason":"pagehide"}"#
        )
        sendReport(view, seq, time + Int64((stay + 0.1) * 1_000_000))
    }

    /// The elements that LCP and INP are attributed to.
    private mutating func targets() -> (element: String, target: String) {
        let element = random.unit() < 0.62 ? "main>img#hero" : random.unit() < 0.5 ? "h1.title" : "div.gallery>img"
        return (element, random.unit() < 0.5 ? "button.buy" : random.unit() < 0.6 ? "input#search" : "a.menu")
    }

    /// Adds a delivery report: one page view in 400 loses an event in transit, one in 100 drops one in the client.
    private mutating func sendReport(_ view: View, _ emitted: Int, _ time: Int64) {
        let (lost, dropped) = (random.unit() < 0.0025 ? 1 : 0, random.unit() < 0.01 ? 1 : 0)
        let text = #"""
            {"visitor_id":"\#(view.visitor)","session_id":"\#(view.session)","pageview_id":"\#(view.pageview)",\#
            "site":"shop.example","emitted":\#(emitted + lost + dropped),"dropped":{"too_many":\#(dropped)}}
            """#
        let bytes = Array(text.utf8)
        // Generated reports use the same format as those of pages, and the same parser.
        if let report = try? DeliveryReport(parsing: bytes, body: 0..<bytes.count, receivedAt: time) {
            reports.append(report)
        }
    }

    /// The fingerprint of a visitor's browser: the same on each visit, except for rare changes of the screen.
    private mutating func fingerprint(of visitor: UInt64, _ profile: Profile) -> String {
        var own = SplitMix(stableHash(String(visitor, radix: 16).utf8))
        // Number of distinct values per signal; for most signals, a few values are common and the rest are rare.
        let values = [
            "navigator": 60.0, "display": 24, "hints": 40, "traits": 12, "locale": 50, "names": 30, "canvas": 900,
            "fonts": 400, "webgl": 300, "webgpu": 80, "audio": 20,
        ]
        // Visitors with the same model share all signals.
        let model = UInt64(pow(60_000, own.unit()))
        let rare = random.unit() < 0.03 ? UInt64(random.unit() * 1000) : 0
        let parts = values.sorted { $0.key < $1.key }.map { name, count in
            let hash = stableHash(
                "\(name) \(profile.screen) \(model % UInt64(count)) \(name == "display" ? rare : 0)".utf8
            )
            return (name, String(hash, radix: 16))
        }
        let all = stableHash(parts.map { $0.0 + $0.1 }.joined().utf8)
        let texts = parts.map { #""\#($0.0)":{"hash":"\#($0.1)","stable":true}"# }
        return
            #"{"fingerprints":{"hash":"\#(String(all, radix: 16))","parts":{\#(texts.joined(separator: ","))},"automation":[]}}"#
    }

    private func resources(_ duration: Double) -> String {
        """
        {"count":14,"bytes":412345,"cached":3,"slowest":[{"name":"https://shop.example/img/hero.jpg","initiatorType":"img",\
        "duration":\(duration),"transferSize":183002}],"thirdParties":[{"host":"fonts.example","count":2,"bytes":51234,\
        "duration":\(Self.tenth(duration / 2))}]}
        """
    }

    private mutating func error(_ engine: Int) -> String {
        let which = Int(random.unit() * random.unit() * 12)
        let messages = [
            [
                "Cannot read properties of undefined (reading 'price')", "t is undefined",
                "undefined is not an object (evaluating 't.price')",
            ],
            ["Failed to fetch", "NetworkError when attempting to fetch resource.", "Load failed"],
        ]
        let message = messages[which % 2][engine]
        return """
            {"kind":"error","name":"TypeError","message":"\(message)","source":"https://shop.example/static/app.js","lineno":\(100 + which),\
            "colno":\(10 + engine),"count":1,"key":"k\(which)","frames":[{"function":"step\(which)",\
            "file":"https://shop.example/static/app.js","line":\(100 + which),"column":\(10 + engine)},{"function":"run",\
            "file":"https://shop.example/static/app.js","line":12,"column":3}],"breadcrumbs":[]}
            """
    }

    private mutating func path() -> String {
        // Approximates Zipf's law by inverse transform sampling.
        let rank = Int(pow(400, random.unit()))
        if random.unit() < 0.004 { return "\(Self.missing)page-\(Self.letter(rank))" }
        let section = Self.sections[(rank - 1) % Self.sections.count]
        switch section {
        case "": return "/"
        case "products": return "/products/\(rank * 37 % 900 + 100)"
        case "docs", "blog", "help": return "/\(section)/topic-\(Self.letter(rank))"
        default: return "/\(section)"
        }
    }

    // MARK: - Values

    /// Attribution of INP as JSON.
    private static func interaction(_ target: String, _ inp: Double) -> String {
        """
        {"interactionTarget":"\(target)","interactionType":"pointer","inputDelay":\(tenth(inp * 0.1)),\
        "processingDuration":\(tenth(inp * 0.7)),"presentationDelay":\(tenth(inp * 0.2))}
        """
    }

    private static func letter(_ rank: Int) -> String {
        String(
            decoding: [UInt8(ascii: "a") + UInt8(rank % 26), UInt8(ascii: "a") + UInt8(rank / 26 % 26)],
            as: UTF8.self
        )
    }

    private static func tenth(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private static func pick(_ profiles: [Profile], by share: Double) -> Profile {
        var left = share * profiles.reduce(0) { $0 + $1.weight }
        for profile in profiles {
            left -= profile.weight
            if left < 0 { return profile }
        }
        return profiles[0]
    }

    private static func event(_ view: View, _ type: String, _ seq: Int, _ time: Int64, _ payload: String) -> Event {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(400 + payload.utf8.count)
        func put(_ text: String) -> Slice {
            let start = bytes.count
            bytes += Array(text.utf8)
            return Slice(start: start, count: bytes.count - start)
        }
        let slices = [
            view.visitor, view.session, view.pageview, type, "shop.example", view.path, view.referrer, view.agent,
            payload,
        ].map(put)
        let home = type == "pageview" ? view.home.location : nil
        let location = home.map { LocationSlices($0, put) }
        return Event(
            bytes: bytes,
            receivedAt: time,
            clientTimestamp: time - 200_000,
            visitorID: slices[0],
            sessionID: slices[1],
            pageviewID: slices[2],
            eventType: slices[3],
            seq: Int32(seq),
            site: slices[4],
            path: slices[5],
            referrer: view.referrer.isEmpty ? nil : slices[6],
            ipHash: nil,
            userAgent: slices[7],
            location: location,
            payload: slices[8]
        )
    }
}
