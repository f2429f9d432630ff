import Segments
import Storage
package import Aggregation
import Texts

/// The stored data of an issue besides its figures.
package struct IssueText: Sendable {
    /// Of an issue on several sites, the one that has its state.
    package private(set) var site: String
    package let kind: String
    package let name: String
    package let message: String
    package let culprit: Culprit
    /// When it was seen by all and by humans, in seconds since 1970; nil when only bots saw it.
    fileprivate(set) var times: ClosedRange<Int64>
    fileprivate(set) var humanTimes: ClosedRange<Int64>?
    var lastEventID: Int64
    /// The reason why its errors are not the site's own; nil for an issue of the site.
    package let noise: String?
    package internal(set) var state = IssueState.unresolved
    /// When it was last seen on `site`, in seconds since 1970.
    package private(set) var lastSeenOnSite: Int64 = 0
    /// Nil when the owner has not decided.
    package internal(set) var decision: IssueDecision?
    /// The releases in which it was seen by those who count, and by humans, the oldest first; empty unless they were requested.
    package internal(set) var releases: [SeenRelease] = []
    var humanReleases: [SeenRelease] = []
    package internal(set) var regressedIn: String?
    /// The issues that are merged into it.
    package internal(set) var merged: [String] = []

    /// The text of `(other)`, and of an issue of another site than the selected one or one that the sender may not read.
    static let unknown = IssueText(
        site: "",
        kind: "error",
        name: DimensionDictionaries.otherText,
        message: "",
        culprit: Culprit(),
        times: 0...0,
        lastEventID: 0,
        noise: nil
    )

    /// Whether its times and releases are those of all errors, and not only those of humans.
    var includesBots = false
    /// Also of an issue that only bots saw.
    fileprivate var countsBots: Bool { includesBots || humanTimes == nil }
    private var shownTimes: ClosedRange<Int64> { countsBots ? times : humanTimes ?? times }
    /// In seconds since 1970.
    package var firstSeen: Int64 { shownTimes.lowerBound }
    package var lastSeen: Int64 { shownTimes.upperBound }

    /// Whether a text, in lower case, occurs in the title, the culprit or the id.
    func contains(_ text: String, id: String) -> Bool {
        "\(name): \(message)\n\(culprit.function) \(culprit.file)\n\(id)".lowercased().utf8
            .contains(text.utf8)
    }

    /// Whether the time from its first to its last error has a part that the sender may read.
    func isSeen(in scope: ReportScope) -> Bool {
        scope.times.map { firstSeen < $0.upperBound && lastSeen >= $0.lowerBound } ?? true
    }

    /// One text for the sites of an issue, with the times and releases of all.
    ///
    /// Its title and culprit are those of the site where it was last seen. If states differ, it has the one of the highest `precedence`.
    fileprivate static func joined(_ sites: [IssueText]) -> IssueText? {
        let leading = sites.max {
            $0.state == $1.state ? $0.isSeenBefore($1) : $0.state.precedence < $1.state.precedence
        }
        guard let leading, var text = sites.max(by: { $0.isSeenBefore($1) }) else { return nil }
        for other in sites { text.add(other) }
        (text.site, text.lastSeenOnSite) = (leading.site, leading.lastSeen)
        (text.state, text.decision, text.regressedIn) = (leading.state, leading.decision, leading.regressedIn)
        text.releases = SeenRelease.joined(sites.flatMap(\.releases))
        return text
    }

    /// Whether it was last seen before another one; ties are ordered by site.
    private func isSeenBefore(_ other: IssueText) -> Bool {
        lastSeen == other.lastSeen
            ? site.utf8.lexicographicallyPrecedes(other.site.utf8) : lastSeen < other.lastSeen
    }

    fileprivate mutating func add(_ other: IssueText) {
        times = times.joined(with: other.times)
        humanTimes = humanTimes?.joined(with: other.humanTimes) ?? other.humanTimes
        lastEventID = max(lastEventID, other.lastEventID)
    }
}

extension IssueText {
    fileprivate static let columns = """
        issue, site, kind, name, message, first_seen, last_seen, last_event_id, noise, culprit_function, culprit_file, culprit_line,
        human_first_seen, human_last_seen
        """

    /// Decodes a row of `insight_issues` with all `columns`.
    fileprivate init(_ row: [SQLValue], includesBots: Bool) {
        func times(_ first: SQLValue, _ last: SQLValue) -> ClosedRange<Int64>? {
            guard let first = first.integer, let last = last.integer else { return nil }
            return first...max(first, last)
        }
        self.init(
            site: row[1].text ?? "",
            kind: row[2].text ?? "",
            name: row[3].text ?? "",
            message: row[4].text ?? "",
            culprit: Culprit(function: row[9].text ?? "", file: row[10].text ?? "", line: row[11].integer ?? 0),
            times: times(row[5], row[6]) ?? 0...0,
            humanTimes: times(row[12], row[13]),
            lastEventID: row[7].integer ?? 0,
            noise: row[8].text,
            includesBots: includesBots
        )
    }
}

extension ReportContext {
    /// The most issues that are looked up by name; for more, all rows are read.
    private static let lookedUpMax = 1000

    func issueAliases() throws(ReportError) -> IssueAliases { try IssueAliases(database) }

    /// The texts of issues with those merged into them, without states.
    func plainIssueTexts(_ names: [String], _ aliases: IssueAliases) throws(ReportError) -> [String: IssueText] {
        try siteTexts(names, aliases).compactMapValues { IssueText.joined($0) }
    }

    /// The texts of issues with those merged into them, by the sites that count.
    private func siteTexts(_ names: [String], _ aliases: IssueAliases) throws(ReportError) -> [String: [IssueText]] {
        let wanted = Set(names)
        let ids = names.flatMap(aliases.all)
        guard !ids.isEmpty else { return [:] }
        var parameters: [SQLValue] = []
        var conditions: [String] = []
        if ids.count <= Self.lookedUpMax {
            parameters = database.padded(ids.map { .text($0) })
            conditions.append("issue in (\((1...parameters.count).map { "?\($0)" }.joined(separator: ", ")))")
        }
        if let site = query.site {
            parameters.append(.text(site))
            conditions.append("site = ?\(parameters.count)")
        }
        let condition = conditions.isEmpty ? "true" : conditions.joined(separator: " and ")
        // By site of each issue: its own row and those of the issues merged into it.
        var texts: [String: [ByteText: IssueText]] = [:]
        let order = database.dialect.bytewise("site")
        let sql = "select \(IssueText.columns) from insight_issues where \(condition) order by issue, \(order)"
        try database.reportStream(sql, parameters) { row in
            let (id, text) = (row[0].text ?? "", IssueText(row, includesBots: query.includesBots))
            let name = aliases.target(of: id)
            guard wanted.contains(name) else { return true }
            let site = ByteText(text.site)
            guard let known = texts[name]?[site] else {
                texts[name, default: [:]][site] = text
                return true
            }
            // The title is that of the issue itself, or else of the first one that is merged into it.
            var title = id == name ? text : known
            title.add(id == name ? known : text)
            texts[name]?[site] = title
            return true
        }
        let passing = try passingSites()
        return texts.mapValues { counted(Array($0.values), passing) }
    }

    /// The sites that pass the filters and, without bots, have an error of a human; all if there are none.
    private func counted(_ texts: [IssueText], _ passing: Set<ByteText>?) -> [IssueText] {
        func some(_ texts: [IssueText], _ isCounted: (IssueText) -> Bool) -> [IssueText] {
            let counted = texts.filter(isCounted)
            return counted.isEmpty ? texts : counted
        }
        let filtered = some(texts) { passing?.contains(ByteText($0.site)) ?? true }
        return some(filtered) { query.includesBots || $0.humanTimes != nil }
    }

    /// The sites that pass the filters on sites; nil without such a filter.
    private func passingSites() throws(ReportError) -> Set<ByteText>? {
        var passing: Set<UInt32>?
        var steps = ReportFilter.stepsMax
        let sites = dictionaries.texts(.site)
        for filter in query.filters where filter.subject == .column(.site) {
            let codes = try filter.codes(sites, steps: &steps)
            passing = passing?.intersection(codes) ?? codes
        }
        return passing.map { Set($0.map { ByteText(sites[Int($0)]) }) }
    }

    /// The texts of issues with their states, and with their releases if these are requested.
    func issueTexts(
        _ names: [String],
        _ aliases: IssueAliases,
        withReleases: Bool = true
    ) throws(ReportError) -> [String: IssueText] {
        let decisions = try issueDecisions()
        var sites = try siteTexts(names, aliases)
        var needing: [IssueKey] = []
        for (name, texts) in sites {
            for index in texts.indices {
                let key = IssueKey(site: texts[index].site, issue: name)
                sites[name]?[index].decision = decisions[key]
                if withReleases || decisions[key]?.release != nil { needing.append(key) }
            }
        }
        let releases = try issueReleases(needing, aliases)
        var found: [String: IssueText] = [:]
        for (name, texts) in sites {
            var own = texts
            for index in own.indices { try addState(to: &own[index], name, releases) }
            found[name] = IssueText.joined(own)
            found[name]?.merged = aliases.members(of: name)
        }
        return found
    }

    private func addState(
        to text: inout IssueText,
        _ name: String,
        _ releases: [IssueKey: (all: [SeenRelease], human: [SeenRelease])]
    ) throws(ReportError) {
        if let found = releases[IssueKey(site: text.site, issue: name)] {
            text.humanReleases = found.human
            text.releases = text.countsBots ? found.all : found.human
        }
        guard let decision = text.decision else { return }
        let occasions = try occasions(name, text, decision)
        text.state = decision.state(occasions)
        if text.state == .regressed { text.regressedIn = decision.regressedIn(occasions) }
    }
}
