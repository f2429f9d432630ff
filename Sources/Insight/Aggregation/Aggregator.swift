import Segments
import Telemetry
import UserAgents

/// What sessions share while events are added: the dictionaries, texts that were parsed a moment ago, and what events
/// change beside sessions.
struct Aggregator {
    var dictionaries = DimensionDictionaries()
    let hashes: KeyedHashes
    /// Issues that events other than recalled ones have named.
    var issues: [IssueKey: IssueChange] = [:]
    /// In the order of their events; none of bots.
    var fingerprints: [FingerprintReading] = []
    /// While it is set, events are ones that were added before: they change sessions and nothing else.
    var isRecalling = false
    private var parsed = ParsedTexts()

    init(hashes: KeyedHashes) { self.hashes = hashes }

    func agent(_ event: StoredEvent) -> UserAgent { UserAgentParser.shared.parse(event.userAgent) }

    mutating func path(_ event: StoredEvent) -> String { parsed.template(event.path ?? "/") }

    /// The code of a text that senders choose: of one line where lines are kept, cut where it is too long, and 0 for
    /// none.
    mutating func code(_ dictionary: Column.Dictionary, _ text: String?, _ origin: Origin) -> UInt32 {
        guard let text, let clean = Facts.clean(text) else { return DimensionDictionaries.none }
        return dictionaries.code(dictionary, Self.withoutNUL(clean), site: origin.site, day: origin.day)
    }

    /// Reasons of one event or of a session.
    private static let linesMax = 12

    /// The code of texts, sorted, one a line.
    mutating func code(_ dictionary: Column.Dictionary, lines: [String], _ origin: Origin) -> UInt32 {
        let known = Set(lines.lazy.compactMap(Facts.clean).map { Self.withoutNUL(Facts.line($0)) })
        let text = known.sorted().prefix(Self.linesMax).joined(separator: "\n")
        return dictionaries.code(dictionary, text, site: origin.site, day: origin.day)
    }

    /// Which site adds values to the dictionaries, and on which day.
    struct Origin {
        /// Code of the site.
        var site: UInt32
        /// Seconds since 1970 of the start of the day, UTC.
        var day: Int64

        init(site: UInt32, seconds: Int64) { (self.site, day) = (site, UTCDay.start(seconds)) }
    }

    /// PostgreSQL holds no text with the character of the code 0.
    static func withoutNUL(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
    }
}
