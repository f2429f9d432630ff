import Reports
import Segments
import TimeZones

extension JSONEncodedValue {
    /// A value of a vital in its unit: milliseconds, or a score for CLS.
    static func vital(_ value: Double?, _ vital: Vital) -> JSONEncodedValue {
        JSONEncodedValue(value.map { vital.inReportUnit($0) }, digits: vital == .cls ? 3 : 0)
    }

    /// The percentiles, the shares by rating, and the sample size.
    static func summary(_ summary: VitalSummary, value: (Double?) -> JSONEncodedValue) -> JSONEncodedValue {
        .object(summary.members(value))
    }

    static func summary(_ summary: VitalSummary, _ vital: Vital) -> JSONEncodedValue { .object(summary.members(vital)) }
}

extension VitalSummary {
    fileprivate func members(_ value: (Double?) -> JSONEncodedValue) -> [(String, JSONEncodedValue)] {
        [
            ("count", .integer(count)), ("p50", value(p50)), ("p75", value(p75)), ("p95", value(p95)),
            ("good", .share(good, of: count)), ("needs_improvement", .share(needsImprovement, of: count)),
            ("poor", .share(poor, of: count)),
        ]
    }

    func members(_ vital: Vital) -> [(String, JSONEncodedValue)] { members { .vital($0, vital) } }
}

extension Aggregate {
    /// The members of a bucket of a series or a row of a list, with a bounce rate only where it is defined.
    func members(vitals: [Vital], withBounceRate: Bool = true) -> [(String, JSONEncodedValue)] {
        var members: [(String, JSONEncodedValue)] = [
            ("visitors", JSONEncodedValue(visitors)), ("sessions", .integer(sessions)),
            ("pageviews", .integer(pageViews)),
            ("events", .integer(eventsReceived)), ("errors", .integer(errors)),
            ("bounce_rate", withBounceRate ? .share(bounces, of: sessions) : .null),
            ("engaged_ms", JSONEncodedValue(meanEngagedMilliseconds, digits: 0)),
            ("engaged_count", .integer(engagedPageViews)),
        ]
        for vital in vitals {
            let summary = self.vitals[vital.rawValue]
            members.append(("\(vital.name)_p75", .vital(summary?.p75, vital)))
            members.append(("\(vital.name)_count", .integer(summary?.count ?? 0)))
        }
        return members
    }

    /// The members of a whole range.
    var totals: [(String, JSONEncodedValue)] {
        members(vitals: OverviewReport.vitals) + [
            ("errors_per_1000_pageviews", JSONEncodedValue(errorsPer1000PageViews, digits: 2)),
            ("custom_events", .integer(customEvents)),
            ("anonymous_pageviews", .integer(anonymousPageViews)),
        ]
    }
}

extension ReportRange: JSONRepresentable {
    var json: JSONEncodedValue {
        .object(
            [
                ("from", .integer(from)), ("to", .integer(to)), ("interval", .text(interval.rawValue)),
                ("zone", .text(zone.name)), ("week_start", .integer(weekStart.rawValue)),
                ("previous_from", .integer(previousFrom)), ("previous_to", .integer(previousTo)),
            ] + (partialFrom.map { [("partial_from", .integer($0))] } ?? [])
        )
    }
}

/// The member with the reason why visitors are null; none when all of them were counted.
func visitorsRefused(_ sentence: String?) -> [(String, JSONEncodedValue)] {
    sentence.map { [("visitors_refused", .text($0))] } ?? []
}
