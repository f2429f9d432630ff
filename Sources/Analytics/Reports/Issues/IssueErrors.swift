import Aggregation
import Rollups
import Segments
import Storage

/// Reads the errors of an issue that match a query: a scan finds their seconds, in which the events are looked up.
struct IssueErrors {
    /// The most errors, of all issues, that are read of one second.
    private static let errorsOfSecondMax: Int64 = 2500

    private let context: ReportContext
    private let text: IssueText
    /// Nil when no segment has the issue.
    private let code: UInt32?
    /// The ids of the issue and of those merged into it.
    private let ids: Set<String>

    /// Returns nil when there is no issue with this id.
    init?(_ context: ReportContext, _ name: String) throws(ReportError) {
        let aliases = try context.issueAliases()
        let issue = aliases.target(of: name)
        guard let text = try context.plainIssueTexts([issue], aliases)[issue] else { return nil }
        (self.context, self.text, ids) = (context, text, Set(aliases.all(of: issue)))
        code = context.dictionaries.code(of: issue, in: .issue)
    }

    /// The latest seconds with such an error before a moment in seconds since 1970.
    func seconds(before end: Int64, max: Int) throws(ReportError) -> [LatestErrors.Second] {
        let range = context.query.range
        guard let code, range.from < end else { return [] }
        var scan = try context.scanQuery(range, withSeries: false)
        (scan.issues, scan.withVisitors, scan.totals) = ([code], false, .none)
        scan.noiseCountsAsErrors = text.noise != nil
        (scan.to, scan.latestErrorsMax) = (min(end, range.to), max)
        return try context.run(scan).latestErrors
    }

    /// The errors of one second, the latest first, and whether some of them were not read.
    func read(_ second: LatestErrors.Second) throws(ReportError) -> (events: [StoredEvent], isCut: Bool) {
        let (hashes, database) = (try context.hashes(), context.database)
        let time = database.dialect.time
        do throws(StoreError) {
            let read = try database.bounded(
                """
                select \(StoredEvent.columns(database.dialect)), \(Rollups.namedSite) from collector_events as own
                where received_at >= \(time("?1")) and received_at < \(time("?2")) and event_type = 'error'
                order by received_at desc, id desc
                """,
                [.integer(second.time), .integer(second.time + 1)],
                limit: Self.errorsOfSecondMax,
                milliseconds: ReadLimits.statementMilliseconds
            )
            let events = read.rows.compactMap { row -> StoredEvent? in
                guard let event = StoredEvent(row), let site = row[StoredEvent.columnsCount].text else { return nil }
                let key = hashes.sessionKey(site: site, visitor: event.visitorID, session: event.sessionID)
                guard second.sessionKeys.contains(key) else { return nil }
                return ids.contains(event.issueID(namedSite: site, hashes.texts)) ? event : nil
            }
            return (events, read.isCut)
        } catch {
            throw .store(error)
        }
    }
}
