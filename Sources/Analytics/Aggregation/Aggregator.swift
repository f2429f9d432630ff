package import Segments
import Events
import UserAgents
import Texts

/// State shared by all sessions: dictionaries, parse caches, and changes outside of sessions.
package struct Aggregator {
    package var dictionaries = DimensionDictionaries()
    package let hashes: KeyedHashes
    /// Changes of issues by new events; replayed events do not contribute.
    package var issues: [IssueKey: IssueChange] = [:]
    /// Fingerprints in the order of their events, without those of bots.
    package var fingerprints: [FingerprintReading] = []
    /// Set while earlier events of a session are added again: they change the session and nothing else.
    package var isReplaying = false
    private var parsed = ParsedTexts()
    /// Codes of user agents, and the event from which on they are valid.
    private var agents: [ByteText: (codes: AgentCodes, since: Int64)] = [:]
    /// The most user agents whose codes are kept.
    private static let agentsMax = 4000

    package init(hashes: KeyedHashes) { self.hashes = hashes }

    /// Reverts what was added since the last portion was kept.
    package mutating func undo() {
        dictionaries.undo()
        (issues, fingerprints, isReplaying, agents) = ([:], [], false, [:])
    }

    /// Drops the fingerprints after the first `count`.
    package mutating func dropFingerprints(from count: Int) {
        if fingerprints.count > count { fingerprints.removeLast(fingerprints.count - count) }
    }

    func agent(_ event: StoredEvent) -> UserAgent { UserAgentParser.shared.parse(event.userAgent) }

    /// The codes of an event's user agent, or else of the names that an export has instead.
    mutating func agentCodes(
        _ event: StoredEvent,
        _ origin: Origin,
        imported: ImportedFields? = nil
    ) -> AgentCodes {
        let named = event.userAgent?.isEmpty ?? true ? imported : nil
        // No user agent contains U+0000.
        let text = ByteText(named.map { "\0" + $0.agentKey } ?? event.userAgent ?? "")
        if let known = agents[text], known.since <= dictionaries.eventID { return known.codes }
        let codes = AgentCodes(named?.agent ?? agent(event), origin, &self)
        // A text beyond a limit may find room on another day or for another site.
        guard !codes.hasOther else { return codes }
        if agents.count >= Self.agentsMax { agents = [:] }
        agents[text] = (codes, dictionaries.eventID)
        return codes
    }

    mutating func path(_ event: StoredEvent) -> String { parsed.template(event.path ?? "/") }

    /// The dictionary code of client-supplied text, cleaned by `DimensionText.clean`; 0 for empty text.
    mutating func code(_ dictionary: Column.Dictionary, _ text: String?, _ origin: Origin) -> UInt32 {
        guard let text, let clean = DimensionText.clean(text) else { return DimensionDictionaries.none }
        return dictionaries.code(dictionary, Self.withoutNUL(clean), site: origin.site, day: origin.day)
    }

    /// Limit of reasons for one event or session.
    private static let linesMax = 12

    /// The dictionary code of several texts, sorted and joined by line feeds.
    mutating func code(_ dictionary: Column.Dictionary, lines: [String], _ origin: Origin) -> UInt32 {
        let known = Set(
            lines.lazy.compactMap(DimensionText.clean).map { ByteText(Self.withoutNUL(DimensionText.line($0))) }
        )
        let text = known.sorted().prefix(Self.linesMax).map(\.text).joined(separator: "\n")
        return dictionaries.code(dictionary, text, site: origin.site, day: origin.day)
    }

    /// The site and day to which new dictionary values are attributed.
    struct Origin {
        /// Code of the site.
        var site: UInt32
        /// Start of the UTC day, in seconds since 1970.
        var day: Int64

        init(site: UInt32, seconds: Int64) { (self.site, day) = (site, UTCDay.start(seconds)) }
    }

    /// Replaces U+0000, which PostgreSQL cannot store in text.
    static func withoutNUL(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
    }
}
