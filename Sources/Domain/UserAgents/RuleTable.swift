/// The kept rules and our own, as converted by scripts/build-agents.
struct RuleTable {
    struct Rule {
        var kind: Kind
        /// Lowercase texts, one of which is in every agent that the pattern matches.
        var texts: [[UInt8]]
        var pattern: String
        /// The name, with `$1` for a captured group; empty for the first group.
        var name: String
        /// The parts of the version; empty for the second and the third group.
        var major: String
        var minor: String
    }

    enum Kind: String, CaseIterable {
        // Of uap-core and of crawler-user-agents.
        case browser, system, crawler
        // Of Contract/user-agents.json.
        case headless, bot, engine, platform, console, tv, tablet, android, mobile
        case browserHead = "browser_head"
        case androidPhone = "android_phone"
    }

    /// Sorted by kind, in the order of the data.
    let rules: [Rule]

    init(_ text: String) {
        rules = text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            func field(_ index: Int) -> String {
                index < fields.count ? String(decoding: fields[index], as: UTF8.self) : ""
            }
            guard fields.count >= 3, let kind = Kind(rawValue: field(0)) else { return nil }
            let texts = fields[1].split(separator: 0x1F).map { Array($0) }
            return Rule(
                kind: kind,
                texts: texts,
                pattern: field(2),
                name: field(3),
                major: field(4),
                minor: field(5)
            )
        }
    }
}
