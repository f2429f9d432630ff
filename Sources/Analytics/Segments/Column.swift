/// Kind of entity that a row of a segment represents.
package enum Scope: Sendable {
    case session, pageView, event, resource
}

/// A column of a segment.
///
/// Raw values are stored in `segment_columns`: never change or reuse one.
package enum Column: Int16, CaseIterable, Sendable {
    // Sessions, ordered by their first page views.
    case sessionKey = 1
    case visitor = 2
    /// Number of page view rows of the session.
    case pageViewRows = 3
    case site = 4
    case traffic = 5
    case botReasons = 6
    case browser = 7
    case system = 8
    case device = 9
    case screen = 10
    case language = 11
    case country = 12
    case referrer = 13
    case campaign = 14
    case entryPath = 15
    case exitPath = 16

    // Page views, ordered by session.
    case time = 20
    /// 1 for a page view whose `pageview` event was received; 0 for an id that occurs only in other events.
    case counted = 21
    case path = 22
    case release = 23
    case connection = 24
    case navigation = 25
    case eventsReceived = 26
    case engagement = 27
    case scrollDepth = 28
    case lcp = 30
    case lcpRemainder = 31
    case inp = 32
    case inpRemainder = 33
    case cls = 34
    case clsRemainder = 35
    case fcp = 36
    case fcpRemainder = 37
    case ttfb = 38
    case ttfbRemainder = 39
    case lcpElement = 40
    case lcpPart = 41
    case inpElement = 42
    case inpPart = 43
    case clsElement = 44
    /// 0 without a delivery report, 1 for one with impossible numbers, otherwise 2 more than its number of emitted events.
    case emitted = 45
    case dropped = 46
    case lost = 47

    // Errors, custom events and invalid values, ordered by session.
    case eventPageView = 50
    case eventTime = 51
    case eventKind = 52
    case eventName = 53
    case eventIssue = 54
    case eventCount = 55
    /// 0 without a value, otherwise 1 more than its zigzag code.
    case eventValue = 56
    case eventCurrency = 57
    /// The path of a missing page.
    case eventPath = 58

    // Slow resources and third parties, ordered by session.
    case resourcePageView = 60
    case resourceKind = 61
    case resourceName = 62
    case resourceDuration = 63
    case resourceDurationRemainder = 64
    case resourceBytes = 65

    // More of sessions; numbers from 70 to 89 are theirs.
    case channel = 70
    case utmSource = 71
    case utmMedium = 72
    case utmTerm = 73
    case utmContent = 74
    case browserVersion = 75
    case systemVersion = 76
    case region = 80
    case city = 81
    case locationSource = 82
    case imported = 83

    package var scope: Scope {
        switch rawValue {
        case ..<20, 70..<90: .session
        case ..<50: .pageView
        case ..<60: .event
        default: .resource
        }
    }

    /// The dictionary of the column's codes; nil for a numeric column.
    package var dictionary: Dictionary? {
        switch self {
        case .site: .site
        case .traffic: .traffic
        case .botReasons: .botReasons
        case .browser: .browser
        case .system: .system
        case .device: .device
        case .screen: .screen
        case .language: .language
        case .country: .country
        case .region: .region
        case .city: .city
        case .locationSource: .locationSource
        case .imported: .imported
        case .referrer: .referrer
        case .campaign: .campaign
        case .channel: .channel
        case .utmSource: .utmSource
        case .utmMedium: .utmMedium
        case .utmTerm: .utmTerm
        case .utmContent: .utmContent
        case .browserVersion: .browserVersion
        case .systemVersion: .systemVersion
        case .entryPath, .exitPath, .path: .path
        case .release: .release
        case .connection: .connection
        case .navigation: .navigation
        case .lcpElement, .inpElement, .clsElement: .element
        case .lcpPart, .inpPart: .part
        case .eventName: .eventName
        case .eventIssue: .issue
        case .eventCurrency: .currency
        case .eventPath: .notFound
        case .resourceName: .resource
        default: nil
        }
    }

    /// Texts that share one set of codes.
    ///
    /// Raw values are stored in `dimension_values`: never change or reuse one.
    package enum Dictionary: Int16, CaseIterable, Sendable {
        case site = 1
        case traffic = 2
        case botReasons = 3
        case browser = 4
        case system = 5
        case device = 6
        case screen = 7
        case language = 8
        case country = 9
        case referrer = 10
        case campaign = 11
        case path = 12
        case release = 13
        case connection = 14
        case navigation = 15
        case element = 16
        case part = 17
        case eventName = 18
        /// Ids of issues, and names of number fields with invalid values.
        case issue = 19
        case resource = 20
        case channel = 21
        case utmSource = 22
        case utmMedium = 23
        case utmTerm = 24
        case utmContent = 25
        case browserVersion = 26
        case systemVersion = 27
        /// Codes of ISO 4217.
        case currency = 31
        case region = 32
        case city = 33
        case locationSource = 34
        /// Paths of missing pages, which anyone can make up: apart from those of pages and from issues, so that they take no values of them.
        case notFound = 35
        /// Products whose exports were imported.
        case imported = 36

        /// Limit of values that one site may add per UTC day; further ones become `(other)`.
        ///
        /// Nil for values that clients do not choose, and for sites, which have limits of their own.
        var newValuesPerDayMax: Int? {
            switch self {
            case .site, .traffic, .part, .channel: nil
            case .botReasons, .browser, .system, .device, .connection, .navigation, .currency, .locationSource,
                .imported:
                50
            case .path, .region: 1000
            case .city: 5000
            case .referrer, .campaign, .eventName, .issue, .notFound, .resource: 300
            case .utmSource, .utmMedium, .utmTerm, .utmContent: 300
            case .screen, .language, .country, .release, .element, .browserVersion, .systemVersion: 200
            }
        }

        /// Limit of values in total; further ones become `(other)`.
        static let valuesMax = 50_000
    }
}

/// A metric measured once per page view, in milliseconds; CLS in thousandths of its score.
package enum Vital: Int, CaseIterable, Sendable {
    case lcp, inp, cls, fcp, ttfb

    package var column: Column {
        switch self {
        case .lcp: .lcp
        case .inp: .inp
        case .cls: .cls
        case .fcp: .fcp
        case .ttfb: .ttfb
        }
    }

    package var remainderColumn: Column {
        switch self {
        case .lcp: .lcpRemainder
        case .inp: .inpRemainder
        case .cls: .clsRemainder
        case .fcp: .fcpRemainder
        case .ttfb: .ttfbRemainder
        }
    }
}

/// Kind of a row of scope `event`.
///
/// Raw values are stored: never change or reuse one.
package enum EventKind: UInt8, Sendable {
    case custom = 0
    /// An error of the site; `issue` is its issue, `count` the number of occurrences.
    case error = 1
    /// An error not caused by the site (browser extensions, ResizeObserver loops, "Script error.").
    case noise = 2
    /// Numbers of one event that were out of range; `issue` is the name of the field.
    case invalid = 3
    /// A page that does not exist; `path` is its path. The event itself is also a row of `custom`.
    case notFound = 4

    /// The highest raw value.
    package static let last = EventKind.notFound
}

/// Kind of a row of scope `resource`.
///
/// Raw values are stored: never change or reuse one.
package enum ResourceKind: UInt8, Sendable {
    case slow = 0
    case thirdParty = 1
}
