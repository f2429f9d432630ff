import Aggregation
import Rollups
package import Segments
import Storage

/// One page of the visitors of a range, sorted by one of their figures.
package struct VisitorsReport: Sendable {
    /// The most visitors of a page.
    package static let visitorsMax = VisitorScanLimits.visitorsMax

    /// The figure by which visitors are sorted, the largest first.
    package enum Sort: String, CaseIterable, Sendable {
        case lastSeen = "last_seen"
        case pageViews = "pageviews"
        case sessions, errors

        fileprivate var order: VisitorOrder {
            switch self {
            case .lastSeen: .lastSeen
            case .pageViews: .pageViews
            case .sessions: .sessions
            case .errors: .errors
            }
        }
    }

    /// The position after which a page begins, as text of two numbers: `MEASURE.NUMBER`.
    package struct Cursor: Sendable, Equatable {
        fileprivate let position: VisitorPosition

        package var text: String { "\(position.measure).\(position.number)" }

        fileprivate init(_ position: VisitorPosition) { self.position = position }

        /// Nil for a text that is not one of a cursor.
        package init?(_ text: String) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, text.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }),
                let measure = Int64(parts[0]), let number = UInt32(parts[1])
            else { return nil }
            position = VisitorPosition(measure: measure, number: number)
        }
    }

    package struct Row: Sendable {
        /// Figures of matching page views within the range; times in seconds since 1970.
        package let figures: ScannedVisitor
        /// Nil when the events of the visitor's last page view were deleted.
        package fileprivate(set) var visitor: String?
        /// The id that the site gave to `identify` in the session of the last page view.
        package fileprivate(set) var name: String?
        /// Values of the session of the last page view.
        package let values: [ReportDimension: String]
        package let isBot: Bool
    }

    /// The dimensions of a row, in the order of the response.
    package static let dimensions: [ReportDimension] = [
        .site, .referrer, .campaign, .device, .browser, .system, .screen, .language, .country, .entry, .exit,
    ]

    package let range: ReportRange
    package private(set) var rows: [Row] = []
    /// The number of visitors on all pages.
    package let count: Int64
    /// The position of the next page; nil when there are no more visitors.
    package let next: Cursor?

    /// `find` is the visitor's id, its beginning or end, or the id that the site gave to `identify`.
    init(
        _ context: ReportContext,
        _ sort: Sort,
        after cursor: Cursor?,
        limit: Int,
        find: String?
    ) throws(ReportError) {
        range = context.query.range
        var scan = try context.scanQuery(range, withSeries: false)
        if let find {
            let keys = try VisitorSearch(context).sessions(find)
            scan.sessionKeys = scan.sessionKeys?.intersection(keys) ?? keys
        }
        let columns = Self.dimensions.map(\.column) + [.traffic]
        let result: VisitorScanResult
        do throws(StoreError) {
            result = try scanVisitors(
                scan,
                SegmentReader(context.database),
                by: sort.order,
                after: cursor?.position,
                limit: limit,
                columns: columns
            )
            guard result.damagedSegments == 0 else {
                throw StoreError.damaged(
                    reason: "\(result.damagedSegments) segments are damaged; run collector rebuild"
                )
            }
        } catch {
            throw .store(error)
        }
        guard !result.hasTooManyVisitors else { throw .refused(ScanResult.visitorsSentence) }
        count = result.count
        next = result.hasMore ? result.visitors.last.map { Cursor($0.position) } : nil
        rows = result.visitors.map { Self.row($0, context) }
        let names = try VisitorNames(context).names(result.visitors)
        for index in rows.indices {
            guard let found = names[rows[index].figures.sessionKey] else { continue }
            (rows[index].visitor, rows[index].name) = (found.visitor, found.name)
        }
    }

    private static func row(_ visitor: ScannedVisitor, _ context: ReportContext) -> Row {
        func text(_ column: Column) -> String { context.text(visitor.codes[column] ?? 0, column) }
        return Row(
            figures: visitor,
            values: Dictionary(uniqueKeysWithValues: dimensions.map { ($0, text($0.column)) }),
            isBot: text(.traffic) == ReportContext.bot
        )
    }
}

extension Reports {
    package func visitors(
        _ query: ReportQuery,
        _ sort: VisitorsReport.Sort,
        after cursor: VisitorsReport.Cursor?,
        limit: Int,
        find: String?
    ) throws(ReportError) -> VisitorsReport {
        try computed(query) { context throws(ReportError) in
            try VisitorsReport(context, sort, after: cursor, limit: limit, find: find)
        }
    }
}
