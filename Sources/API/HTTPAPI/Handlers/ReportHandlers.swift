import Events
import HTTPServer
import Reports
import Segments

/// Handlers of the routes that compute a report.
enum ReportHandlers {
    static func sites(_ site: Site, _ call: Call) -> HandlerResult {
        let scope = call.parameters.scope
        return site.reports.report(call) { reports throws(ReportError) in try reports.sites(scope) }
    }

    static func live(_ site: Site, _ call: Call) -> HandlerResult {
        let (name, now, scope) = (call.parameters["site"], WallClock.seconds, call.parameters.scope)
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.live(site: name, now: now, scope: scope)
        }
    }

    static func overview(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let now = WallClock.seconds
        let query = try call.parameters.report(now: now)
        let processing = site.status?.processing()
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.overview(query, now: now).json(processing: processing)
        }
    }

    static func performance(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        return site.reports.report(call) { reports throws(ReportError) in try reports.performance(query) }
    }

    static func breakdowns(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        // Lists are compared only on request: a comparison reads the previous period, too.
        let query = try call.parameters.report(now: WallClock.seconds, isComparedByDefault: false)
        let dimensions = call.parameters.words("dimensions").compactMap { ReportDimension(rawValue: $0) }
        let format = call.parameters["format"].flatMap { ListFormat(rawValue: $0) }
        let selection = try call.parameters.selection(isExport: format != nil)
        let goal = call.parameters["goal"]
        guard let format else {
            return site.reports.report(call) { reports throws(ReportError) in
                try reports.breakdowns(query, dimensions, selection, goal: goal)
            }
        }
        guard dimensions.count == 1, let dimension = dimensions.first else {
            throw QueryError(message: "format needs one dimension")
        }
        return site.reports.file(call) { reports throws(ReportError) in
            let report = try reports.breakdowns(query, dimensions, selection, goal: goal)
            return format.response(report, name: dimension.rawValue)
        }
    }

    static func vitalsBy(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let dimension = call.parameters["dimension"].flatMap { ReportDimension(rawValue: $0) } ?? .path
        let (limit, sampleMin) = (call.parameters.rows, call.parameters.sampleMin)
        let order = call.parameters.vital("sort").map { VitalsByReport.Order.impact($0) } ?? .pageViews
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.vitals(query, by: dimension, limit: limit, order: order, sampleMin: sampleMin)
        }
    }

    static func slowPages(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let vital = call.parameters.vital("vital") ?? .lcp
        let limit = call.parameters.integer("limit").map { Int($0) } ?? slowPagesDefault
        let sampleMin = call.parameters.sampleMin
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.slowPages(query, vital, limit: limit, sampleMin: sampleMin)
        }
    }

    private static let slowPagesDefault = 5

    static func fingerprints(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        // Without a range and filters, the report covers all visitors of all time.
        let isAllTime = Parameter.filtered.allSatisfy { $0.name == "site" || call.parameters[$0.name] == nil }
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.fingerprints(query, isAllTime: isAllTime)
        }
    }

    static func dataQuality(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        return site.reports.report(call) { reports throws(ReportError) in try reports.dataQuality(query) }
    }

    // MARK: - Fingerprints of the visitor itself

    /// The most signals of one request, those of a fingerprint, and the most bytes of one name and hash.
    private static let signalsMax = 41
    private static let signalBytesMax = 128

    /// `GET /api/fingerprint-frequency?signals=canvas:1a2b,fonts:3c4d`.
    static func fingerprintFrequency(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let pairs = (call.parameters["signals"] ?? "").split(separator: ",").map {
            $0.split(separator: ":", maxSplits: 1)
        }
        guard !pairs.isEmpty, pairs.count <= signalsMax,
            pairs.allSatisfy({ $0.count == 2 && $0[0].count + $0[1].count <= signalBytesMax })
        else {
            throw QueryError(message: "signals must be a list of name:hash pairs, separated by commas")
        }
        if let seconds = site.secondsToWait(call, cost: pairs.count) {
            return .now(.response(Responses.message(429, "Too many requests", [("Retry-After", "\(seconds)")])))
        }
        let name = call.parameters["site"]
        let signals = pairs.map { (name: String($0[0]), hash: String($0[1])) }
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.fingerprintFrequency(signals, site: name)
        }
    }
}

extension Parameters {
    /// The number of rows of a list unless the query has a limit.
    private static let rowsDefault = 10

    fileprivate var rows: Int { integer("limit").map { Int($0) } ?? Self.rowsDefault }

    fileprivate var sampleMin: Int64 { integer("min") ?? Impact.sampleMin }

    /// The vital that a parameter names; nil for none.
    fileprivate func vital(_ name: String) -> Vital? {
        self[name].flatMap { text in Vital.allCases.first { $0.name == text } }
    }

    /// The part of a list that a query asks for.
    fileprivate func selection(isExport: Bool) throws(QueryError) -> ListSelection {
        var selection = ListSelection(limit: isExport && self["limit"] == nil ? ListSelection.exportRowsMax : rows)
        guard isExport || selection.limit <= ListSelection.limitMax else {
            throw QueryError(message: "limit must be at most \(ListSelection.limitMax) without format")
        }
        selection.offset = integer("offset").map { Int($0) } ?? 0
        selection.sort = ListSelection.sorts.first { $0.name == self["sort"] }
        selection.contains = self["contains"].flatMap { $0.isEmpty ? nil : $0 }
        guard selection.contains?.utf8.count ?? 0 <= ListSelection.containsBytesMax else {
            throw QueryError(message: "contains must have at most \(ListSelection.containsBytesMax) bytes")
        }
        selection.countsOnly = self["only"] != nil
        return selection
    }
}
