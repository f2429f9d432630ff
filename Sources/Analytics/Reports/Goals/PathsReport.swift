import Aggregation
package import Segments
import Storage

/// The pages that sessions saw after a page, or before it.
package struct PathsReport: Sendable {
    package struct Step: Sendable {
        package let rows: [(page: String, sessions: Int64)]
        package let otherPages: Int64
        package let other: Int64
        package let ended: Int64
        package let links: [(from: Int, to: Int, sessions: Int64)]
    }

    /// What is asked.
    package struct Request: Sendable {
        package var direction: PathQuery.Direction
        /// A path or pattern; nil for the first or last page of each session.
        package var page: String?
        /// Pages that must follow.
        package var via: [String]
        package var steps: Int
        package var rows: Int

        package init(_ direction: PathQuery.Direction, page: String?, via: [String], steps: Int, rows: Int) {
            (self.direction, self.page, self.via) = (direction, page, via)
            (self.steps, self.rows) = (steps, rows)
        }
    }

    package let range: ReportRange
    package let request: Request
    package let steps: [Step]

    init(_ context: ReportContext, _ request: Request) throws(ReportError) {
        (range, self.request) = (context.query.range, request)
        let query = try context.scanQuery(range, withSeries: false)
        var paths = PathQuery(request.direction, steps: request.steps, rows: request.rows)
        guard request.via.count <= request.steps else {
            throw .refused("via has as many pages as there are steps at most")
        }
        if let page = request.page {
            _ = try Milestone("page", page)
            paths.start = try context.pages(page)
        }
        paths.via = request.via.map { text in
            context.dictionaries.code(of: text == ReportFilter.none ? "" : text, in: .path)
        }
        let own = paths
        let result = try context.scanning { reader throws(StoreError) in
            try scanPaths(query, own, reader, context.dictionaries)
        }
        try context.checkDamage(result.damagedSegments)
        steps = result.steps.map { step in
            Step(
                rows: step.rows.map { (context.text($0.code, .path), $0.sessions) },
                otherPages: step.otherPages,
                other: step.other,
                ended: step.ended,
                links: step.links
            )
        }
    }
}

extension PathsReport.Request {
    /// Parses pages: a JSON array of strings.
    package static func via(_ json: String) throws(ReportError) -> [String] {
        let texts = LazyJSON(json).elements.map(\.text)
        let pages = texts.compactMap(\.self)
        guard pages.count == texts.count, !pages.isEmpty || json == "[]" else {
            throw .refused(#"via must be a JSON array of pages, such as ["/pricing","/signup"]"#)
        }
        guard pages.count <= PathQuery.stepsMax else { throw .refused("via has \(PathQuery.stepsMax) pages at most") }
        return pages
    }
}

extension Reports {
    package func paths(_ query: ReportQuery, _ request: PathsReport.Request) throws(ReportError) -> PathsReport {
        try computed(query) { context throws(ReportError) in try PathsReport(context, request) }
    }
}
