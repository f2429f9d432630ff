import Digest
import Sketches

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
            let isWithoutScreen = payload["screenResolution"].text == "0x0" || payload["innerWidth"].number == 0
            let isWithoutLanguage = payload["language"].text == ""
            return (isWithoutScreen && !payload["hidden"].isTrue ? ["no screen"] : [])
                + (isWithoutLanguage ? ["no language"] : [])
        case "webvitals":
            guard let paint = payload["FCP"].number else { return [] }
            let isEarly = payload["TTFB"].number.map { $0 > paint + 1 } ?? false
            let isLate = payload["LCP"].number.map { $0 + 1 < paint } ?? false
            return isEarly || isLate ? ["impossible timings"] : []
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

/// The group that an error belongs to, the same for all engines.
struct IssueDescription: Sendable {
    let id: String
    let kind: String
    let name: String
    let message: String
    /// Why the error is not the site's, one of `noises`; nil for an error of the site.
    let noise: String?
    /// The text that the id is the hash of.
    private let grouping: String

    private static let framesMax = 3
    private static let noises: Set<String> = ["extension", "resize_observer", "script_error"]

    /// The id that the issue had before ids were keyed with the store's secret; the owner's decisions may still be filed under it.
    var publicID: String { hexadecimal(stableHash(grouping.utf8)) }

    /// The issue of errors beyond the limit of issues.
    static let other = IssueDescription(id: CellKey.other, kind: "error", name: CellKey.other, message: "")

    private init(id: String, kind: String, name: String, message: String) {
        (self.id, self.kind, self.name, self.message, noise, grouping) = (id, kind, name, message, nil, id)
    }

    init(_ payload: JSONTree, _ hash: KeyedHash) {
        kind = Facts.clean(payload["kind"].text ?? "error") ?? "error"
        name = Facts.clean(payload["name"].text ?? "Error") ?? "Error"
        message = Facts.clean(payload["message"].text ?? "") ?? ""
        noise = payload["noise"].text.flatMap { Self.noises.contains($0) ? $0 : nil }
        var parts = [kind, name]
        let frames = payload["frames"].elements.prefix(Self.framesMax).map { frame in
            // Columns differ from engine to engine, and so do the words that they put before a name.
            let function = Self.function(frame["function"].text ?? "")
            let file = Facts.resource(frame["file"].text ?? "") ?? ""
            return "\(function)|\(file)|\(Int64(saturating: frame["line"].value(.frameLine) ?? 0))"
        }
        if frames.isEmpty {
            parts += [Self.withoutIDs(message), Facts.resource(payload["source"].text ?? "") ?? ""]
        } else {
            parts += frames
            // Two messages thrown from one line are two issues, unless engines word them.
            if !EngineMessage.isLikely(name: name, message: message) { parts.append(Self.withoutIDs(message)) }
        }
        // An issue of before errors were marked keeps its id.
        if let noise { parts.append(noise) }
        grouping = parts.joined(separator: "\n")
        id = hexadecimal(hash.hash(grouping))
    }

    private static func function(_ name: String) -> String {
        let last = name.split(whereSeparator: { $0 == "." || $0 == "/" || $0 == " " }).last.map(String.init) ?? ""
        return last.contains("<") ? "" : last
    }

    /// Digits of the shortest hexadecimal id; shorter ones may be words.
    private static let idDigitsMin = 8

    /// Two messages that differ in a number, a hexadecimal id or a UUID are the same.
    private static func withoutIDs(_ message: String) -> String {
        var result: [UInt8] = []
        var rest = Array(message.utf8)[...]
        while let first = rest.first {
            let isWithinWord = result.last.map(isLetter) ?? false
            let id = rest.prefix { isHexadecimal($0) || $0 == UInt8(ascii: "-") }
            let isID = id.count >= idDigitsMin && id.contains(where: isDigit) && isHexadecimal(first)
            let isEndOfWord = rest.dropFirst(id.count).first.map { !isLetter($0) } ?? true
            if isID, !isWithinWord, isEndOfWord {
                result.append(UInt8(ascii: "0"))
                rest = rest.dropFirst(id.count)
            } else if isDigit(first) {
                result.append(UInt8(ascii: "0"))
                rest = rest.drop(while: isDigit)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
