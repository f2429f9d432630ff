package import Texts

/// Identifies an issue of a site.
package struct IssueKey: Hashable, Sendable {
    @ByteText package var site: String
    package var issue: String

    package init(site: String, issue: String) { (self.site, self.issue) = (site, issue) }
}

/// Changes of an issue by the events of a portion.
package struct IssueChange: Sendable {
    package let description: IssueDescription
    /// Seconds since 1970.
    package private(set) var firstSeen: Int64
    package private(set) var lastSeen: Int64
    package private(set) var lastEventID: Int64
    /// The culprit of the latest error that has one, and the id of its event.
    package private(set) var culprit = Culprit()
    package private(set) var culpritEventID = Int64.min

    init(_ description: IssueDescription, _ event: StoredEvent) {
        self.description = description
        firstSeen = event.seconds
        lastSeen = event.seconds
        lastEventID = event.id
    }

    mutating func add(_ event: StoredEvent, _ culprit: Culprit) {
        if !culprit.isEmpty { (self.culprit, culpritEventID) = (culprit, event.id) }
        firstSeen = min(firstSeen, event.seconds)
        lastSeen = max(lastSeen, event.seconds)
        lastEventID = max(lastEventID, event.id)
    }
}
