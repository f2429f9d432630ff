import Assets

/// The kept sources, mediums and click ids, each with its channel.
///
/// scripts/build-channels writes the table from Contract/channels.json and the hosts of referer-parser.
package struct ChannelRules: Sendable {
    /// The built-in rules, which are loaded when the first session is classified.
    package static let shared = ChannelRules(Assets.channelRules())

    /// The most labels of a host that are looked up, so that a long one takes no longer.
    private static let labelsMax = 10
    /// The most bytes of a campaign parameter that are compared; no rule is as long.
    private static let valueBytesMax = 64

    private var hosts: [String: String] = [:]
    private var sources: [String: String] = [:]
    private var mediums: [String: String] = [:]
    private var clickIDs: [String: String] = [:]
    private var names: [String: String] = [:]

    init(_ table: String) {
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: "\t").map(String.init)
            precondition(fields.count == 3, "a line of the rules for channels has another form")
            switch fields[0] {
            case "host": hosts[fields[1]] = fields[2]
            case "source": sources[fields[1]] = fields[2]
            case "medium": mediums[fields[1]] = fields[2]
            case "click": clickIDs[fields[1]] = fields[2]
            default: names[fields[1]] = fields[2]
            }
        }
    }

    /// The name of a channel, as reports show it.
    func name(_ channel: String) -> String { names[channel] ?? channel }

    /// The channel of a host or of the closest domain above it; nil when neither is known.
    ///
    /// Search engines have other services on their subdomains, so those count only below a host of searches alone, such as
    /// `search.example`.
    func channel(host: String) -> String? {
        let host = host.hasPrefix("www.") ? host.dropFirst("www.".count) : Substring(host)
        var rest = host
        for _ in 0..<Self.labelsMax {
            if let channel = hosts[String(rest)] {
                return channel != "search" || rest == host || rest.hasPrefix("search.") ? channel : nil
            }
            guard let dot = rest.firstIndex(of: ".") else { return nil }
            rest = rest[rest.index(after: dot)...]
        }
        return nil
    }

    /// The channel of a value of `utm_source`: the name of a source, or a host.
    func channel(source: String) -> String? {
        guard let key = Self.key(source) else { return nil }
        return sources[key] ?? channel(host: source.lowercased())
    }

    func channel(medium: String) -> String? { Self.key(medium).flatMap { mediums[$0] } }
    func channel(clickID: String) -> String? { clickIDs[clickID] }

    /// Whether the name of a campaign parameter is a click id that selects a channel.
    package func isClickID(_ name: String) -> Bool { clickIDs[name] != nil }

    /// Lower case, with hyphens and white space as underscores; nil for none or a text that is too long.
    private static func key(_ text: String) -> String? {
        guard !text.isEmpty, text.utf8.count <= valueBytesMax else { return nil }
        return String(text.lowercased().map { $0 == "-" || $0.isWhitespace ? "_" : $0 })
    }
}
