struct IssueKey: Hashable, Sendable {
    var site: String
    var issue: String

    static func == (left: IssueKey, right: IssueKey) -> Bool {
        left.issue == right.issue && ByteText(left.site) == ByteText(right.site)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(issue)
        hasher.combine(ByteText(site))
    }
}

/// What events add to what is known of an error.
struct IssueChange: Sendable {
    let description: IssueDescription
    /// Seconds since 1970.
    private(set) var firstSeen: Int64
    private(set) var lastSeen: Int64
    private(set) var lastEventID: Int64

    init(_ description: IssueDescription, _ event: StoredEvent) {
        self.description = description
        firstSeen = event.seconds
        lastSeen = event.seconds
        lastEventID = event.id
    }

    mutating func add(_ event: StoredEvent) {
        firstSeen = min(firstSeen, event.seconds)
        lastSeen = max(lastSeen, event.seconds)
        lastEventID = max(lastEventID, event.id)
    }
}
