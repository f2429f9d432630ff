package import Segments
import Numbers

extension ReportDimension {
    var eventKinds: Set<EventKind> {
        switch self {
        case .event: [.custom]
        case .issue: [.error]
        case .noise: [.noise]
        case .invalid: [.invalid]
        case .notFound: [.notFound]
        default: []
        }
    }

    var resourceKind: ResourceKind? {
        switch self {
        case .resource: .slow
        case .thirdParty: .thirdParty
        default: nil
        }
    }

    /// The vital whose slow page views are attributed to the dimension.
    var slowVital: Vital? {
        switch self {
        case .lcpElement, .lcpPart: .lcp
        case .inpElement, .inpPart: .inp
        case .clsElement: .cls
        default: nil
        }
    }

    /// Whether its values belong to sessions or page views, which have vitals.
    package var hasVitals: Bool { column.scope == .session || column.scope == .pageView }

    /// Whether a session has one value of it from its beginning.
    ///
    /// Dimensions of page views, and exit pages, have no bounce rate.
    package var hasBounceRate: Bool { column.scope == .session && self != .exit && self != .botReasons }

    /// Whether sessions without a value have no row; scans omit such elements and parts themselves.
    var skipsNone: Bool {
        switch self {
        case .botReasons, .utmSource, .utmMedium, .utmTerm, .utmContent: true
        default: false
        }
    }

    /// A list of the values of the dimension.
    func list(limit: Int) -> ScanQuery.List {
        var list = ScanQuery.List(column: column, measure: measure, limit: limit)
        (list.eventKinds, list.resourceKind, list.skipsNone) = (eventKinds, resourceKind, skipsNone)
        if let slowVital { list.vitals = [slowVital] }
        return list
    }
}

extension ScanQuery.Measure {
    /// The number by which a row of a list of the dimension is ranked.
    package func value(_ sum: Aggregate, _ dimension: ReportDimension) -> Int64 {
        switch self {
        case .pageViews: sum.pageViews
        case .sessions: sum.sessions
        case .errors: sum.errors
        // In lists of events, one of the two is 0.
        case .events: sum.customEvents.adding(saturating: sum.errors)
        case .requests: sum.requests
        case .vitals, .slowVitals: dimension.slowVital.flatMap { sum.vitals[$0.rawValue]?.count } ?? 0
        }
    }
}
