import Sketches

/// What a portion of events changes.
struct Changes {
    /// Cells by their first appearance.
    var cells: [(key: CellKey, change: CellChange)]
    var issues: [IssueKey: IssueChange]
    /// In the order of their events.
    var robots: [RobotEvent]
    /// In the order of their events.
    var fingerprints: [FingerprintTold]
}

struct IssueKey: Hashable, Sendable {
    var site: String
    var issue: String
}

/// What events add to what is known of an error.
struct IssueChange: Sendable {
    let description: IssueDescription
    /// Seconds since 1970.
    private(set) var firstSeen: Int64
    private(set) var lastSeen: Int64
    private(set) var lastEventID: Int64
    private(set) var browsers = CountedNames()
    private(set) var paths = CountedNames()

    init(_ description: IssueDescription, _ event: StoredEvent) {
        self.description = description
        firstSeen = event.seconds
        lastSeen = event.seconds
        lastEventID = event.id
    }

    mutating func add(_ event: StoredEvent, browser: String, path: String, count: Int64) {
        firstSeen = min(firstSeen, event.seconds)
        lastSeen = max(lastSeen, event.seconds)
        lastEventID = max(lastEventID, event.id)
        browsers.add(browser, count)
        paths.add(path, count)
    }
}

/// An event that only a program sends, or that a program's user agent came with.
struct RobotEvent: Sendable {
    let visitorID: String
    let site: String
    let seconds: Int64
    let reasons: Set<String>

    init(_ event: StoredEvent, _ reasons: [String]) {
        (visitorID, site, seconds) = (event.visitorID, event.site, event.seconds)
        self.reasons = Set(reasons.compactMap(Facts.clean).prefix(Self.reasonsMax).map(Facts.line))
    }

    static let reasonsMax = 12

    /// Of 100: each reason makes it likelier.
    static func score(_ reasons: Int) -> Int64 { Int64(min(100, 40 + 20 * reasons)) }
}

/// Counts by name, few of them: the first that appear have a count of their own.
struct CountedNames: Sendable, Equatable {
    static let namesMax = 20
    private(set) var names: [String] = []
    private(set) var counts: [String: Int64] = [:]

    init() {}

    mutating func add(_ text: String, _ count: Int64) {
        let name = Facts.line(text)
        if let known = counts[name] {
            counts[name] = known.adding(saturating: count)
        } else if names.count < Self.namesMax || name == CellKey.other {
            names.append(name)
            counts[name] = count
        } else {
            add(CellKey.other, count)
        }
    }

    mutating func add(_ other: CountedNames) { for name in other.names { add(name, other.counts[name] ?? 0) } }

    /// A line for each: the count, a space, the name.
    var encoded: String { names.map { "\(counts[$0] ?? 0) \($0)" }.joined(separator: "\n") }

    init(encoded: String) {
        for line in encoded.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2, let count = Int64(parts[0]) { add(String(parts[1]), count) }
        }
    }
}
