import Events
import Reports
import Texts
import TimeZones

/// Decides about the requests of guests by the limits of their share link: the only check of these limits.
///
/// Parameters that are beyond the limits are refused, absent ones are narrowed to them.
struct ShareGate {
    /// Why a request is refused.
    struct Refusal: Equatable {
        enum Code: String {
            case site = "share_site"
            case range = "share_range"
            case view = "share_view"
        }

        let code: Code
        /// One sentence for the guest.
        let message: String
    }

    enum Decision {
        /// The request may be handled with these parameters.
        case allowed(Parameters)
        case refused(Refusal)
    }

    /// Seconds since 1970.
    let now: Int64
    var zones = ZoneCache.system

    /// Decides about a request with the parameters that its operation declares.
    ///
    /// - Throws: An error for a time zone or a range that is invalid for every sender.
    func decide(_ rule: ShareRule, _ given: Parameters, _ limits: ShareLimits) throws(QueryError) -> Decision {
        guard !limits.isEmpty else { return .allowed(given) }
        if let views = limits.views, !rule.views.isEmpty, !rule.views.contains(where: views.contains) {
            return .refused(Refusal(code: .view, message: Self.sentence(views)))
        }
        var parameters = given
        let zone = try QueryError.parsing { () throws(ReportError) in try given.zone(zones) }
        parameters.scope = limits.scope(now: now, zone: zone)
        let siteRefusal = limits.site.map {
            Refusal(code: .site, message: "This share link shows the site \($0) only")
        }
        let rangeRefusal = limits.period.map { Refusal(code: .range, message: Self.sentence($0)) }
        switch rule.reach {
        case .server, .scope:
            return .allowed(parameters)
        case .unlimited:
            return (siteRefusal ?? rangeRefusal).map { .refused($0) } ?? .allowed(parameters)
        case .report, .allTime, .definitions, .present:
            if let siteRefusal, !narrowSite(&parameters, limits) { return .refused(siteRefusal) }
            if let rangeRefusal, try !narrowTime(&parameters, rule) { return .refused(rangeRefusal) }
            return .allowed(parameters)
        }
    }

    // MARK: - Narrowing

    /// - Returns: false when the parameters have another site.
    private func narrowSite(_ parameters: inout Parameters, _ limits: ShareLimits) -> Bool {
        if let site = parameters["site"], !haveSameBytes(site, limits.site) { return false }
        parameters.set("site", limits.site)
        return true
    }

    /// - Returns: false when the parameters have a time beyond the scope.
    private func narrowTime(_ parameters: inout Parameters, _ rule: ShareRule) throws(QueryError) -> Bool {
        guard let times = parameters.scope.times else { return true }
        guard !times.isEmpty, times.lowerBound < now, times.upperBound > Parameters.earliest else { return false }
        switch rule.reach {
        case .definitions: return true
        case .present: return times.contains(now - LiveReport.minutes * 60) && times.contains(now)
        case .report, .allTime, .scope, .unlimited, .server: break
        }
        try completeRange(&parameters, times, isAllTime: rule.reach == .allTime)
        guard parameters["range"] != NamedRange.all.rawValue else {
            // The period before all time is beyond the scope.
            parameters.set("compare", "none")
            return true
        }
        let range = try range(parameters)
        guard times.contains(range) else { return false }
        if range.previousFrom < times.lowerBound { parameters.set("compare", "none") }
        return true
    }

    /// Adds what the parameters do not say about the range.
    private func completeRange(
        _ parameters: inout Parameters,
        _ times: Range<Int64>,
        isAllTime: Bool
    ) throws(QueryError) {
        guard parameters["range"] == nil else { return }
        guard parameters["from"] != nil || parameters["to"] != nil else {
            let usual = try range(parameters)
            if isAllTime || !times.contains(usual) { parameters.set("range", NamedRange.all.rawValue) }
            return
        }
        if parameters["from"] == nil, times.lowerBound > Parameters.earliest {
            parameters.set("from", String(times.lowerBound))
        }
        if parameters["to"] == nil, times.upperBound <= now { parameters.set("to", String(times.upperBound)) }
    }

    private func range(_ parameters: Parameters) throws(QueryError) -> ReportRange {
        try QueryError.parsing { () throws(ReportError) in try parameters.range(now: now, zones: zones) }
    }

    // MARK: - Sentences

    private static func sentence(_ views: [OwnerView]) -> String {
        let labels = views.map(\.label)
        guard let last = labels.last else { return "This share link shows no view" }
        guard labels.count > 1 else { return "This share link shows the view \(last) only" }
        return "This share link shows the views \(labels.dropLast().joined(separator: ", ")) and \(last) only"
    }

    private static func sentence(_ period: ShareLimits.Period) -> String {
        switch period {
        case .days(1): "This share link shows the last day only"
        case .days(let days): "This share link shows the last \(days) days only"
        case .fixed(let from?, let to?): "This share link shows the time from \(text(from)) to \(text(to)) only"
        case .fixed(let from?, nil): "This share link shows the time from \(text(from)) only"
        case .fixed(nil, let to?): "This share link shows the time before \(text(to)) only"
        case .fixed(nil, nil): "This share link has a range"
        }
    }

    private static func text(_ seconds: Int64) -> String {
        // Whatever another program has stored.
        TimestampText.minute(min(max(0, seconds), Int64(UInt32.max))) + " UTC"
    }
}

extension Range<Int64> {
    fileprivate func contains(_ range: ReportRange) -> Bool { lowerBound <= range.from && range.to <= upperBound }
}
