package import Segments
import Numbers

/// What a list groups by.
package enum ReportDimension: String, CaseIterable, Sendable, Hashable {
    case site, path, entry, exit, browser, system, device, referrer, campaign, language, screen, country, release
    case connection, navigation, event, issue, resource
    /// Issues of errors that are not the site's; they count in no other figure.
    case noise
    case lcpElement = "lcp_element"
    case lcpPart = "lcp_part"
    case inpElement = "inp_element"
    case inpPart = "inp_part"
    case clsElement = "cls_element"
    case thirdParty = "third_party"
    /// Kinds of numbers that were out of their range.
    case invalid
    /// Why sessions may be automated; people whose browsers give such hints are among them.
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

    /// What a list ranks by.
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

    /// The vital whose slow page views are attributed to it.
    var slowVital: Vital? {
        switch self {
        case .lcpElement, .lcpPart: .lcp
        case .inpElement, .inpPart: .inp
        case .clsElement: .cls
        default: nil
        }
    }

    /// Whether its values are of sessions or page views, which have vitals.
    package var hasVitals: Bool { column.scope == .session || column.scope == .pageView }

    /// Whether a session has one value of it from its beginning: page views, and pages that sessions end on, have no
    /// bounce rate.
    package var hasBounceRate: Bool { column.scope == .session && self != .exit && self != .botReasons }

    /// Whether sessions without a value belong to no row; of elements and parts, scans leave them out themselves.
    var skipsNone: Bool { self == .botReasons }

    /// A list of its values.
    func list(limit: Int) -> ScanQuery.List {
        var list = ScanQuery.List(column: column, measure: measure, limit: limit)
        (list.eventKinds, list.resourceKind) = (eventKinds, resourceKind)
        if let slowVital { list.vitals = [slowVital] }
        return list
    }
}

extension ScanQuery.Measure {
    /// What a row of a list of the dimension is ranked by.
    package func value(_ sum: Aggregate, _ dimension: ReportDimension) -> Int64 {
        switch self {
        case .pageViews: sum.pageViews
        case .sessions: sum.sessions
        case .errors: sum.errors
        // Of lists of events, one of the two is 0.
        case .events: sum.customEvents.adding(saturating: sum.errors)
        case .requests: sum.requests
        case .vitals: dimension.slowVital.flatMap { sum.vitals[$0.rawValue]?.count } ?? 0
        }
    }
}
