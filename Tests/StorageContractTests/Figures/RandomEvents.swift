import Events
import TestSupport

/// Events of some days that nobody would send in this order: late, repeated, contradictory and out of range.
struct RandomEvents {
    /// One event in the order in which databases get it.
    struct Sent {
        /// Seconds since 1970.
        var receivedAt: Int64
        var body: String
        var agent: String?
    }

    /// Starts of periods with changes of the clocks: Berlin, Lord Howe and Chatham (twice), St John's (twice), and a new year.
    private static let starts: [Int64] = [
        1_774_569_600, 1_775_174_400, 1_790_899_200, 1_792_800_000, 1_772_755_200, 1_793_318_400, 1_767_052_800,
        1_790_380_800,
    ]
    private static let day: Int64 = 86_400
    static let days = 4

    let start: Int64
    var end: Int64 { start + Int64(Self.days) * Self.day }
    private(set) var sent: [Sent] = []
    private var random: SeededRandom
    private var pageviews = 0

    init(seed: UInt64, sessions: Int) {
        random = SeededRandom(seed: seed)
        start = Self.starts[Int(seed % UInt64(Self.starts.count))]
        let visitors = (0..<max(1, sessions * 2 / 3)).map { number in
            (
                id: "v_\(number)",
                agent: random.chance(10) ? random.pick(KnownTexts.bots) : random.pick(KnownTexts.agents)
            )
        }
        for number in 0..<sessions {
            let visitor = random.pick(visitors)
            addSession("s_\(number)", visitor.id, visitor.agent)
        }
        arrange()
    }

    /// The events as the parser makes them.
    func events() throws -> [Event] {
        try sent.enumerated().map { index, event in
            // Microseconds differ, so that no two events share a time by accident of the generator.
            let time = event.receivedAt * 1_000_000 + Int64(index * 7919 % 1_000_000)
            let location = KnownTexts.locations[index * 31 % KnownTexts.locations.count]
            return try Event.parsed(event.body, userAgent: event.agent, location: location, receivedAt: time)
        }
    }

    // MARK: - Sessions

    private mutating func addSession(_ id: String, _ visitor: String, _ agent: KnownTexts.Agent) {
        let site = random.pick(KnownTexts.sites)
        var time = start + Int64(random.number(0, Self.days * Int(Self.day) - 1))
        let count = random.chance(40) ? 1 : random.number(2, 7)
        for number in 0..<count {
            let isElsewhere = number > 0 && random.chance(8)
            let usedAgent = random.chance(2) ? random.pick(KnownTexts.agents) : agent
            addPageView(isElsewhere ? random.pick(KnownTexts.sites) : site, visitor, id, usedAgent, time)
            time += Int64(random.chance(20) ? 0 : random.number(1, 900))
        }
    }

    private mutating func addPageView(
        _ site: String?,
        _ visitor: String,
        _ session: String,
        _ agent: KnownTexts.Agent,
        _ time: Int64
    ) {
        pageviews += 1
        let path = random.pick(KnownTexts.paths).raw
        let referrer = random.chance(60) ? random.pick(KnownTexts.referrers).raw : random.chance(20) ? "" : nil
        func body(_ type: String, _ seq: Int, _ payload: String) -> String {
            let members: [(String, String?)] = [
                ("visitor_id", quoted(visitor)), ("session_id", quoted(session)),
                ("pageview_id", quoted("p_\(pageviews)")), ("event_type", quoted(type)), ("seq", String(seq)),
                ("site", site.map(quoted)), ("path", path.map(quoted)), ("referrer", referrer.map(quoted)),
                ("payload", payload),
            ]
            return object(members.compactMap { name, json in json.map { (name, $0) } })
        }
        var seq = 0
        func next() -> Int {
            seq += 1
            return seq
        }
        var bodies: [(Int, String)] = []
        // Without its own event it is a page view that nobody counts; with two, the first counts.
        let ownEvents = random.chance(6) ? 0 : random.chance(4) ? 2 : 1
        for _ in 0..<ownEvents { bodies.append((0, body("pageview", next(), random.pageviewPayload()))) }
        for _ in 0..<random.pick([0, 1, 1, 2, 3]) {
            // A report that comes again with other values has the same number.
            let number = random.chance(15) ? seq : next()
            bodies.append((random.number(0, 60), body("webvitals", number, random.vitalsPayload())))
        }
        for _ in 0..<random.pick([0, 1, 1, 2]) {
            bodies.append((random.number(1, 600), body("engagement", next(), random.engagementPayload())))
        }
        for _ in 0..<random.pick([0, 0, 0, 1, 3]) {
            bodies.append((random.number(0, 300), body("error", next(), random.errorPayload())))
        }
        for _ in 0..<random.pick([0, 0, 1, 2]) {
            let name = random.pick(KnownTexts.eventNames)
            bodies.append((random.number(0, 300), body(name, next(), random.customPayload())))
        }
        if random.chance(30) { bodies.append((5, body("resources", next(), random.resourcesPayload()))) }
        if random.chance(20) { bodies.append((1, body("fingerprint_ready", next(), random.fingerprintPayload()))) }
        if random.chance(10) { bodies.append((1, body(random.pick(["navigation", "frames"]), next(), "{}"))) }
        if bodies.isEmpty { bodies.append((0, body("navigation", next(), "{}"))) }
        for (delay, text) in bodies {
            let late = random.chance(3) ? random.number(3600, 90_000) : 0
            // Now and then a program with another name sends for the page view.
            let sender = random.chance(1) ? random.pick(KnownTexts.bots) : agent
            sent.append(Sent(receivedAt: time + Int64(delay + late), body: text, agent: sender.text))
        }
    }

    // MARK: - Order

    /// By time, with neighbors in any order, and events of an outage behind later ones.
    private mutating func arrange() {
        let outage = start + Int64(random.number(0, Self.days * Int(Self.day) - 7200))
        let drained = outage + Int64(random.number(3600, 40_000))
        var keyed = sent.map { event in
            let isSheltered = (outage..<outage + 7200).contains(event.receivedAt)
            let jitter = Int64(random.number(0, 120))
            return (key: isSheltered ? drained + jitter : event.receivedAt + jitter, event: event)
        }
        keyed.sort { $0.key < $1.key }
        sent = keyed.map(\.event)
    }
}
