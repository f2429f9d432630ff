import Segments

/// How numbers of aggregates are written.
enum FigureJSON {
    static func value(_ value: Double?, _ vital: Vital) -> JSONOut {
        JSONOut(value.map { vital.inReportUnit($0) }, digits: vital == .cls ? 3 : 0)
    }

    static func share(_ part: Int64, of count: Int64) -> JSONOut {
        JSONOut(count > 0 ? Double(part) / Double(count) : nil, digits: 4)
    }

    /// Percentiles, shares by rating, and how many values there are.
    static func figures(_ summary: VitalSummary?, value: (Double?) -> JSONOut) -> JSONOut {
        let summary = summary ?? VitalSummary()
        return .object([
            ("count", .integer(summary.count)), ("p50", value(summary.p50)), ("p75", value(summary.p75)),
            ("p95", value(summary.p95)), ("good", share(summary.good, of: summary.count)),
            ("needs_improvement", share(summary.needsImprovement, of: summary.count)),
            ("poor", share(summary.poor, of: summary.count)),
        ])
    }

    static func figures(_ summary: VitalSummary?, _ vital: Vital) -> JSONOut {
        figures(summary) { value($0, vital) }
    }
}

extension ScanResult {
    /// Why visitors are missing, as members of a report; none when all of them were counted.
    var visitorsRefusal: [(String, JSONOut)] { Self.visitorsRefusal(hasTooManyVisitors) }

    static let visitorsSentence =
        "Visitors cannot be counted: there have been more than \(VisitorBits.visitorsMax - 1) of them"

    static func visitorsRefusal(_ hasTooMany: Bool) -> [(String, JSONOut)] {
        guard hasTooMany else { return [] }
        return [("visitors_refused", .text(visitorsSentence))]
    }
}

extension Vital {
    /// Its name in reports.
    var name: String {
        switch self {
        case .lcp: "lcp"
        case .inp: "inp"
        case .cls: "cls"
        case .fcp: "fcp"
        case .ttfb: "ttfb"
        }
    }
}

extension Aggregate {
    /// What a tile, a bucket of a series or a row of a list shows; a bounce rate only where it is defined.
    func members(vitals: [Vital], withBounceRate: Bool = true) -> [(String, JSONOut)] {
        let engaged = engagedPageViews > 0 ? Double(engagedMilliseconds) / Double(engagedPageViews) : nil
        var members: [(String, JSONOut)] = [
            ("visitors", JSONOut(visitors)), ("sessions", .integer(sessions)), ("views", .integer(pageViews)),
            ("events", .integer(eventsReceived)), ("errors", .integer(errors)),
            ("bounce_rate", withBounceRate ? FigureJSON.share(bounces, of: sessions) : .null),
            ("engaged_ms", JSONOut(engaged, digits: 0)), ("engaged_count", .integer(engagedPageViews)),
        ]
        for vital in vitals {
            let summary = self.vitals[vital.rawValue]
            members.append(("\(vital.name)_p75", FigureJSON.value(summary?.p75, vital)))
            members.append(("\(vital.name)_count", .integer(summary?.count ?? 0)))
        }
        return members
    }

    /// What the whole of a range shows.
    var totals: [(String, JSONOut)] {
        let rate = pageViews > 0 ? Double(errors) * 1000 / Double(pageViews) : nil
        return members(vitals: [.lcp, .inp, .cls]) + [
            ("errors_per_1000_views", JSONOut(rate, digits: 2)), ("custom_events", .integer(customEvents)),
        ]
    }
}
