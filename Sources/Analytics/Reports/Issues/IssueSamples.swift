import Storage
import Aggregation
import Rollups

/// Finds the latest errors of an issue, in any range that the sender may read.
struct IssueSamples {
    /// The range of ids before the latest error that is searched, and the most errors that are read and returned.
    private static let span: Int64 = 20_000
    private static let step: Int64 = 2500
    private static let samplesMax = 5
    /// The most bytes of errors that are read.
    private static let bytesMax = 4 * ReadBudget.bytesMax

    let database: any Database
    /// Nil for all sites.
    let site: String?
    let scope: ReportScope

    /// Whether an event counts for the site; a site without a name of its own counts for `(other)`.
    private var condition: String {
        guard site != nil else { return "true" }
        return "\(Rollups.namedSite) = ?3"
    }

    /// `issues` are the ids of the issue and of those merged into it.
    func latest(of issues: Set<String>, upTo last: Int64) throws(ReportError) -> [StoredEvent] {
        do throws(StoreError) { return try find(issues, max(0, last)) } catch { throw .store(error) }
    }

    private func find(_ issues: Set<String>, _ last: Int64) throws(StoreError) -> [StoredEvent] {
        let hash = try KeyedHashes(database).texts
        var found: [StoredEvent] = []
        var bytes = 0
        var end = last
        while found.count < Self.samplesMax, end > max(0, last - Self.span) {
            let read = try database.bounded(
                """
                select \(StoredEvent.columns(database.dialect)), \(Rollups.namedSite) from collector_events as own
                where id <= ?1 and id > ?2 and event_type = 'error' and \(condition) order by id desc
                """,
                [.integer(end), .integer(end - Self.step)] + (site.map { [.text($0)] } ?? []),
                limit: Self.step,
                milliseconds: ReadLimits.statementMilliseconds
            )
            for row in read.rows {
                guard let event = StoredEvent(row),
                    issues.contains(event.issueID(namedSite: row[StoredEvent.columnsCount].text ?? "", hash)),
                    scope.times?.contains(event.seconds) ?? true
                else { continue }
                found.append(event)
            }
            bytes += read.rows.reduce(0) { $0 + ReadBudget.bytes($1) }
            if bytes >= Self.bytesMax { break }
            end = read.isCut ? (read.rows.last?[0].integer ?? end) - 1 : end - Self.step
        }
        return Array(found.prefix(Self.samplesMax))
    }
}
