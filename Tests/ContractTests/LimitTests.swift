import Events
import HTTPWire
import JSON
import Live
import Testing

@testable import Aggregation
@testable import HTTPAPI
@testable import Ingest
@testable import Reports
@testable import Segments
@testable import StorageSQLite
@testable import collector

/// A limit of `Contract/limits.json` is declared once in Swift, with the same number.
@Suite struct LimitTests {
    private static let ingest: [String: Int64] = [
        "eventBodyBytesMax": Int64(Limits.eventBodyBytesMax),
        "collectBodyBytesMax": Int64(Limits.collectBodyBytesMax),
        "batchBodyBytesMax": Int64(Limits.batchBodyBytesMax),
        "batchEventsMax": Int64(Limits.batchEventsMax),
        "batchPageviewsMax": Int64(Limits.batchPageviewsMax),
        "pageviewBytesMax": Int64(Limits.pageviewBytesMax),
        "dropReasonsMax": Int64(Limits.dropReasonsMax),
        "dropReasonBytesMax": Int64(Limits.dropReasonBytesMax),
        "identifierBytesMax": Int64(Limits.identifierBytesMax),
        "locationBytesMax": Int64(Limits.locationBytesMax),
        "userAgentBytesMax": Int64(Limits.userAgentBytesMax),
        "jsonDepthMax": Int64(JSONLimits.depthMax),
        "jsonNumberBytesMax": Int64(JSONLimits.numberBytesMax),
        "jsonPlainDigitsMax": Int64(JSONLimits.plainDigitsMax),
        "queueRecordsMax": Int64(GroupCommit.Limits().recordsMax),
        "queueBytesMax": Int64(GroupCommit.Limits().bytesMax),
        "journalRecordsMax": Int64(SQLiteJournal.recordsMax),
    ]
    private static let requests: [String: Int64] = [
        "headBytesMax": Int64(HeadLimits().headBytesMax),
        "headFieldsMax": Int64(HeadLimits().fieldsMax),
        "targetBytesMax": Int64(HeadLimits().targetBytesMax),
        "ignoredBodyBytesMax": Int64(Operation.ignoredBodyBytesMax),
        "ownerBodyBytesMax": Int64(Operation.jsonBodyBytesMax),
        "bandwidthBytesMax": Int64(MeasureRoutes.bandwidthBytesMax),
        "shareLinksMax": Int64(ShareTables.linksMax),
        "shareGuestsMax": ShareTables.sessionsPerLinkMax,
        "shareDaysMax": SessionRoutes.shareDays.upperBound,
        "shareRangeDaysMax": ShareLimits.days.upperBound,
        "shareLabelBytesMax": Int64(SessionRoutes.labelBytesMax),
        "apiTokensMax": Int64(APITokens.tokensMax),
        "apiTokenDaysMax": SessionRoutes.tokenDays.upperBound,
        "apiTokenNameBytesMax": Int64(APITokens.nameBytesMax),
        "ownerSessionsMax": OwnerSessions.sessionsMax,
        "auditEntriesMax": AuditLog.entriesMax,
        "auditDaysMax": AuditLog.daysMax,
        "auditPageMax": AuditLog.limitMax,
        "streamSubscribersMax": Int64(LiveFeedLimits(connectionsMax: .max).subscribersMax),
        "streamPayloadBytesMax": Int64(LiveFeedLimits(connectionsMax: .max).payloadBytesMax),
    ]
    private static let reports: [String: Int64] = [
        "filtersMax": Int64(ReportQuery.filtersMax),
        "filterValuesMax": Int64(ReportFilter.valuesMax),
        "filterValueBytesMax": Int64(ReportFilter.valueBytesMax),
        "filtersBytesMax": Int64(ReportFilter.jsonBytesMax),
        "patternBytesMax": Int64(Wildcard.bytesMax),
        "patternWildcardsMax": Int64(Wildcard.wildcardsMax),
        "filterSessionsMax": Int64(SessionKeys.sessionsMax),
        "rangeDaysMax": ReportRange.daysMax,
        "bucketsMax": ReportRange.bucketsMax,
        "rowsMax": Int64(Reports.limitMax),
        "eventsMax": EventQueries.limitMax,
        "issuesMax": Int64(IssueListing.limitMax),
        "issueRowsMax": Int64(IssueReport.rowsMax),
        "missingNumbersMax": Int64(VisitorTimeline.PageView.missingMax),
        "submissionsMax": EventQueries.submissionsMax,
        "sitesMax": Int64(SitesReport.sitesMax),
        "fingerprintBotsMax": Int64(FingerprintsReport.botsMax),
        "fingerprintValuesMax": FingerprintsReport.valuesMax,
    ]
    private static let aggregation: [String: Int64] = [
        "dimensionValueBytesMax": Int64(DimensionText.valueBytesMax),
        "dimensionValuesMax": Int64(Column.Dictionary.valuesMax),
        "sessionEventsMax": Int64(SessionState.eventsMax),
        "engagementMillisecondsMax": Int64(PlausibleRanges.engagementMilliseconds.upperBound),
        "errorCountMax": Int64(PlausibleRanges.errorCount.upperBound),
        "resourceMillisecondsMax": Int64(PlausibleRanges.resourceMilliseconds.upperBound),
        "resourceBytesMax": Int64(PlausibleRanges.resourceBytes.upperBound),
        "emittedEventsMax": PlausibleRanges.emittedEventsMax,
    ]

    @Test func `the limits of the server are those of the contract`() throws {
        let contract = try Contract.read(Contract.Limits.self, "limits.json").server.mapValues(\.value)
        let defaults = try Configuration(flags: [:], environment: [:], dotEnv: ([:], []))
        let configured = [
            "journalBytesMax": Int64(defaults.journalBytesMax), "recordsPerSecondMax": Int64(defaults.rateLimit),
        ]
        let declared = [Self.ingest, Self.requests, Self.reports, Self.aggregation, configured]
            .reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }
        #expect(Set(declared.keys) == Set(contract.keys))
        for (name, value) in declared { #expect(contract[name] == value, "\(name)") }
    }

    @Test func `the server accepts the largest bodies of the tracker`() throws {
        let limits = try Contract.read(Contract.Limits.self, "limits.json").tracker.mapValues(\.value)
        func limit(_ name: String) throws -> Int64 { try #require(limits[name]) }
        #expect(try limit("bodyEventsMax") <= Int64(Limits.batchEventsMax))
        // Each event of a body may have a page view of its own.
        #expect(try limit("bodyEventsMax") + limit("reportsMax") <= Int64(Limits.batchPageviewsMax))
        let pageviews = try limit("reportsMax") * Int64(Limits.pageviewBytesMax)
        #expect(try limit("bodyBytesMax") + pageviews <= Int64(Limits.batchBodyBytesMax))
        #expect(try limit("workerQueueEventsMax") <= Int64(Limits.batchEventsMax))
        // A character has three bytes at most.
        #expect(try 3 * limit("workerBodyLengthMax") <= Int64(Limits.batchBodyBytesMax))
    }
}
