import Sketches
import Telemetry

extension Fold {
    /// Cells, fingerprints and events of programs beyond which a portion is written before more is added: they are what takes memory.
    private static let cellsMax = 50_000
    private static let fingerprintsMax = 1000
    private static let robotsMax = 4000

    /// Whether so much has been added up that it is to be written.
    var isLarge: Bool {
        cellsCount > Self.cellsMax || fingerprints.count > Self.fingerprintsMax || robots.count > Self.robotsMax
    }

    /// The value itself, or `(other)` when so many are kept apart already.
    func admitted(_ dimension: Dimension, _ value: String, _ place: Place) -> String {
        names?.value(dimension, value, seconds: place.seconds, site: place.site, audience: place.audience) ?? value
    }

    /// The dimension values that count a page view for each of its metrics; its navigation type counts it once.
    static func counted(_ facts: [Fact]) -> [Fact] { facts.filter { $0.dimension != .navigation } }

    /// Adds an error to its issue; gives the dimension value of the issue, and for how many errors the event stands.
    mutating func errors(
        _ event: StoredEvent,
        _ place: Place,
        _ payload: JSONTree,
        _ agent: UserAgent,
        _ path: String
    ) -> (fact: Fact, count: Int64) {
        let count = Int64(saturating: invalid.value(payload["count"], .errorCount) ?? 1)
        var issue = IssueDescription(payload, hashes.texts)
        let dimension: Dimension = issue.noise == nil ? .issue : .noise
        if admitted(dimension, issue.id, place) != issue.id { issue = .other }
        issues[IssueKey(site: event.site, issue: issue.id), default: IssueChange(issue, event)]
            .add(event, browser: agent.browser, path: path, count: count)
        return (Fact(dimension: dimension, value: issue.id), count)
    }
}
