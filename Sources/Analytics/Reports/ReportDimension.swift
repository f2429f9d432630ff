package import Segments
import Numbers

/// A dimension by which a list groups.
package enum ReportDimension: String, CaseIterable, Sendable, Hashable {
    case site, path, entry, exit, browser, system, device, referrer, campaign, language, screen, country, release
    case connection, navigation, event, issue, resource
    /// Issues of errors that are not the site's own; they count in no other figure.
    case noise
    case lcpElement = "lcp_element"
    case lcpPart = "lcp_part"
    case inpElement = "inp_element"
    case inpPart = "inp_part"
    case clsElement = "cls_element"
    case thirdParty = "third_party"
    /// The kinds of numbers that were out of range.
    case invalid
    /// The reasons why sessions may be automated; humans whose browsers give such hints are included.
    case botReasons = "bot_reasons"

    var column: Column {
        switch self {
        case .site: .site
        case .path: .path
        case .entry: .entryPath
        case .exit: .exitPath
        case .browser: .browser
        case .system: .system
        case .device: .device
        case .referrer: .referrer
        case .campaign: .campaign
        case .language: .language
        case .screen: .screen
        case .country: .country
        case .release: .release
        case .connection: .connection
        case .navigation: .navigation
        case .event: .eventName
        case .issue, .noise, .invalid: .eventIssue
        case .resource, .thirdParty: .resourceName
        case .lcpElement: .lcpElement
        case .lcpPart: .lcpPart
        case .inpElement: .inpElement
        case .inpPart: .inpPart
        case .clsElement: .clsElement
        case .botReasons: .botReasons
        }
    }

    /// The measure by which a list is ranked.
    package var measure: ScanQuery.Measure {
        switch self {
        case .entry, .exit, .referrer, .campaign, .botReasons: .sessions
        case .site, .path, .browser, .system, .device, .language, .screen, .country, .release, .connection, .navigation:
            .pageViews
        case .event, .invalid: .events
        case .issue, .noise: .errors
        case .resource, .thirdParty: .requests
        case .lcpElement, .lcpPart, .inpElement, .inpPart, .clsElement: .vitals
        }
    }

    var eventKinds: Set<EventKind> {
        switch self {
        case .event: [.custom]
        case .issue: [.error]
        case .noise: [.noise]
        case .invalid: [.invalid]
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
    var skipsNone: Bool { self == .botReasons }

    /// A list of the values of the dimension.
    func list(limit: Int) -> ScanQuery.List {
        var list = ScanQuery.List(column: column, measure: measure, limit: limit)
        (list.eventKinds, list.resourceKind) = (eventKinds, resourceKind)
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
