import Reports
import Texts
import TimeZones

/// Page views of one hour, and of the same hour of earlier weeks.
package struct TrafficComparison: Sendable, Equatable {
    /// The weeks with which an hour is compared, and the fewest that must be known.
    package static let weeks = TrafficGaps.weeks
    static let weeksMin = 2

    package var count: Int64
    /// Of the weeks that are known.
    package var earlier: [Int64]

    package init(count: Int64, earlier: [Int64]) { (self.count, self.earlier) = (count, earlier) }

    /// The page views that the hour usually has; nil if too few weeks are known.
    package var usual: Double? {
        earlier.count >= Self.weeksMin ? Double(earlier.reduce(0, +)) / Double(earlier.count) : nil
    }

    /// The finding of a rule: how much fewer or more page views there are than usual, in percent.
    package func measurement(_ kind: AlertKind, threshold: Double, samplesMin: Int64, scope: String) -> AlertMeasurement
    {
        guard let usual else {
            return .lacking("\(earlier.count) earlier weeks have this hour, \(Self.weeksMin) are needed")
        }
        // A few page views more or less are chance.
        let samples = kind == .trafficDrop ? usual : Double(max(count, 0))
        guard samples >= Double(samplesMin) else {
            let what = kind == .trafficDrop ? "page views are usual in this hour" : "page views in this hour"
            return .lacking("\(AlertText.number(samples)) \(what), \(samplesMin) are needed")
        }
        // An hour that never had a visit before counts as if it had one.
        let change = (Double(count) - max(usual, 1)) * 100 / max(usual, 1)
        let value = kind == .trafficDrop ? -change : change
        let sign = kind == .trafficDrop ? "fewer" : "more"
        let title =
            "\(count) page views in an hour, \(AlertText.number(usual)) are usual: "
            + "\(AlertText.number(max(0, value))) % \(sign)\(scope)"
        let isExceeded = value >= threshold && value > 0
        let finding = AlertFinding(isExceeded ? .exceeded : .within, title: title, value: value)
        return .measured(.init([finding], value: value, samples: Int64(samples)))
    }
}

extension AlertMeasurer {
    private static let hour: Int64 = 3600

    /// The zone of a site, by its setting or that of all sites; UTC without one.
    func zone(of site: String?) throws(ReportError) -> Zone {
        let settings = try reports.settings()
        let own = settings.first { haveSameBytes($0.site, site ?? "") } ?? settings.first { $0.site.isEmpty }
        return own?.timeZone.flatMap { zones.zone($0) } ?? .utc
    }

    /// Compares the last 60 minutes with the same minutes of the weekday in earlier weeks, by the clocks of the site's time zone.
    func traffic(_ rule: AlertRule) throws(ReportError) -> AlertMeasurement {
        let zone = try zone(of: rule.site)
        let end = now / 60 * 60
        let counts = try reports.pageViews(
            site: rule.site,
            (0...TrafficComparison.weeks).map { week in
                let to = zone.seconds(end, addingDays: -7 * week)
                return (to - Self.hour, to)
            }
        )
        guard let count = counts.first, let count else { return .lacking("Page views are known for less than an hour") }
        return TrafficComparison(count: count, earlier: counts.dropFirst().compactMap(\.self)).measurement(
            rule.kind,
            threshold: rule.threshold ?? 0,
            samplesMin: rule.samplesMin,
            scope: AlertText.scope(rule)
        )
    }
}
