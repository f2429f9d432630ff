/// One dimension's value of an event.
struct Fact: Sendable, Hashable {
    var dimension: Dimension
    var value: String
}

/// Where the events of a page view are counted: the cells of these facts at this time.
// A class, so that the cells are looked up once for all events of a page view within a minute.
final class Place {
    let seconds: Int64
    let site: String
    let audience: Int64
    let facts: [Fact]
    /// The cells of the facts in the portion of this number.
    var cells: [Int32] = []
    var portion = 0
    /// The visitor of the latest event, and the hash of its id.
    var visitor: (id: String, hash: UInt64)?
    /// The hash of whose visit has been noted in those cells.
    var noted: UInt64?

    init(seconds: Int64, site: String, audience: Int64, facts: [Fact]) {
        self.seconds = seconds
        self.site = site
        self.audience = audience
        self.facts = facts
    }
}

/// Reads facts out of events.
enum Facts {
    /// Bytes of a value; what is longer is cut.
    static let valueBytesMax = 200

    /// What a page view says of itself and its visitor, which holds for all its events.
    static func ofView(_ event: StoredEvent, _ payload: JSONTree) -> [Fact] {
        var facts: [Fact] = []
        func add(_ dimension: Dimension, _ value: String?) {
            if let value = value.flatMap(clean) { facts.append(Fact(dimension: dimension, value: value)) }
        }
        add(.language, payload["language"].text)
        add(.screen, payload["screenResolution"].text)
        add(.release, payload["release"].text)
        add(.connection, payload["connection"].text)
        add(.country, payload["country"].text)
        let campaign = payload["campaign"]
        add(.campaign, campaign["utm_campaign"].text ?? campaign["utm_source"].text)
        add(.referrer, referrer(event))
        return facts
    }

    /// What of an event only programs do.
    static func hints(_ type: String, _ payload: JSONTree) -> [String] {
        switch type {
        case "pageview":
            return BotHints.ofPageView(
                screen: payload["screenResolution"].text,
                innerWidth: payload["innerWidth"].number,
                language: payload["language"].text,
                isHidden: payload["hidden"].isTrue
            )
        case "webvitals":
            return BotHints.ofVitals(
                lcp: payload["LCP"].number,
                fcp: payload["FCP"].number,
                ttfb: payload["TTFB"].number
            )
        case "fingerprint_ready": return payload["fingerprints"]["automation"].elements.compactMap(\.text)
        default: return []
        }
    }

    /// The host that a visitor came from; `(direct)` for none, nil when it is the site itself.
    static func referrer(_ event: StoredEvent) -> String? {
        guard let referrer = event.referrer, !referrer.isEmpty else { return "(direct)" }
        guard let host = host(referrer) else { return "(direct)" }
        return host == event.site ? nil : host
    }

    /// The host of an address of the web, without `www.`; nil when there is none.
    static func host(_ address: String) -> String? {
        let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "https:" || parts[0] == "http:", parts[1].isEmpty else { return nil }
        let host = parts[2].lowercased()
        return host.isEmpty ? nil : host.hasPrefix("www.") ? String(host.dropFirst(4)) : host
    }

    /// An address without what tells one version of a file from another.
    static func resource(_ address: String) -> String? {
        let plain = address.prefix { $0 != "?" && $0 != "#" }
        guard let slash = plain.utf8.lastIndex(of: UInt8(ascii: "/")) else { return clean(String(plain)) }
        let name = plain[plain.index(after: slash)...].split(separator: ".", omittingEmptySubsequences: false)
        let kept = name.filter { part in
            !(part.utf8.count >= 8 && part.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        }
        return clean(plain[...slash] + kept.joined(separator: "."))
    }

    /// A text as one line: lists are kept with a line for each.
    static func line(_ text: String) -> String {
        guard text.utf8.contains(0x0A) else { return text }
        return String(decoding: text.utf8.map { $0 == 0x0A ? 0x20 : $0 }, as: UTF8.self)
    }

    /// Nil for nothing; cut at a character where it is too long.
    static func clean(_ text: String) -> String? {
        guard !text.isEmpty else { return nil }
        guard text.utf8.count > valueBytesMax else { return text }
        var bytes = Array(text.utf8.prefix(valueBytesMax))
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self) + "…"
    }
}
