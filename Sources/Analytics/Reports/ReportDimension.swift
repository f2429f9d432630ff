// Generated from Contract/ by scripts/build-contract: do not edit.

package import Segments

/// A dimension by which a list groups.
package enum ReportDimension: String, CaseIterable, Sendable, Hashable {
    /// The path of the `pageview` event, or of the first event if that was lost, with identifiers replaced: `/users/123` is `/users/:id`.
    case path
    /// The page of the session's first page view.
    case entry
    /// The page of the session's last page view.
    case exit
    /// The channel by the referrer and the campaign parameters of the session's first page view.
    case channel
    /// The host of the first page view's referrer, or `(direct)`, `(self-referral)`, `(other address)`.
    case referrer
    /// `utm_campaign` of the session's first page view, or else `utm_source`.
    case campaign
    /// `utm_source` of the session's first page view.
    case utmSource = "utm_source"
    /// `utm_medium` of the session's first page view.
    case utmMedium = "utm_medium"
    /// `utm_term` of the session's first page view.
    case utmTerm = "utm_term"
    /// `utm_content` of the session's first page view.
    case utmContent = "utm_content"
    /// The name of the browser by the user agent of the session's first page view, or by client hints.
    case browser
    /// The browser with its major version, such as `Chrome 131`.
    case browserVersion = "browser_version"
    /// The name of the operating system by the user agent, without its version.
    case system
    /// The operating system with its version, such as `iOS 18.6`; browsers report no newer version than `Windows 10`, `macOS 10.15` and `Android 10`.
    case systemVersion = "system_version"
    /// Console, TV, Tablet, Mobile or Desktop, by the user agent.
    case device
    /// Width and height of the screen in CSS pixels.
    case screen
    /// The preferred language of the browser.
    case language
    /// The ISO 3166-1 code of the country, by the client's address, a proxy, the payload or the browser's time zone ([Locations](locations.md)).
    case country
    /// Name and ISO 3166-2 code of the region, by the client's address or a proxy: `Berlin, DE-BE`.
    case region
    /// The city with its region, by the client's address or a proxy: `Springfield, US-IL`.
    case city
    /// What the country was read from: `database`, `proxy`, `sender` or `time_zone`.
    case locationSource = "location_source"
    /// The product whose export the session's first page view was imported from, such as `umami`; `(none)` if Collector measured it ([Imports](imports.md)).
    case imported
    /// The effective type of the connection.
    case connection
    /// `navigationType` of the page view's first vitals.
    case navigation
    /// The version of the site.
    case release
    /// The event type.
    case event
    /// The id of the issue that groups equal errors of the site.
    case issue
    /// `site` of the events.
    case site
    /// The id of the issue that groups equal errors that the site did not cause.
    case noise
    /// The name of a number that was outside its valid range.
    case invalid
    /// The path of custom events `404`, which the site sends from its page for missing pages.
    case notFound = "not_found"
    /// The address of one of the slowest resources of a page view, without query and content hash.
    case resource
    /// The host of resources of other sites.
    case thirdParty = "third_party"
    /// The element that the LCP of a page view is attributed to, if it is not good.
    case lcpElement = "lcp_element"
    /// The longest part of the LCP of a page view, if it is not good.
    case lcpPart = "lcp_part"
    /// The element that the INP of a page view is attributed to, if it is not good.
    case inpElement = "inp_element"
    /// The longest part of the INP of a page view, if it is not good.
    case inpPart = "inp_part"
    /// The element that shifted most, if the CLS of a page view is not good.
    case clsElement = "cls_element"
    /// Why the session may be a bot's: the keys of `Contract/bots.json`, one per line.
    case botReasons = "bot_reasons"

    /// The column of its values.
    package var column: Column {
        switch self {
        case .path: .path
        case .entry: .entryPath
        case .exit: .exitPath
        case .channel: .channel
        case .referrer: .referrer
        case .campaign: .campaign
        case .utmSource: .utmSource
        case .utmMedium: .utmMedium
        case .utmTerm: .utmTerm
        case .utmContent: .utmContent
        case .browser: .browser
        case .browserVersion: .browserVersion
        case .system: .system
        case .systemVersion: .systemVersion
        case .device: .device
        case .screen: .screen
        case .language: .language
        case .country: .country
        case .region: .region
        case .city: .city
        case .locationSource: .locationSource
        case .imported: .imported
        case .connection: .connection
        case .navigation: .navigation
        case .release: .release
        case .event: .eventName
        case .issue, .noise, .invalid: .eventIssue
        case .site: .site
        case .notFound: .eventPath
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
        case .path,
            .browser,
            .browserVersion,
            .system,
            .systemVersion,
            .device,
            .screen,
            .language,
            .country,
            .region,
            .city,
            .locationSource,
            .imported,
            .connection,
            .navigation,
            .release,
            .site:
            .pageViews
        case .entry,
            .exit,
            .channel,
            .referrer,
            .campaign,
            .utmSource,
            .utmMedium,
            .utmTerm,
            .utmContent,
            .botReasons:
            .sessions
        case .event, .invalid, .notFound: .events
        case .issue, .noise: .errors
        case .resource, .thirdParty: .requests
        case .lcpElement, .lcpPart, .inpElement, .inpPart, .clsElement: .vitals
        }
    }

    /// The operators of filters; empty if it cannot be filtered by.
    package var filterOperators: [ReportFilter.Operator] {
        switch self {
        case .event, .issue: [.is, .contains, .matches]
        case .path,
            .entry,
            .exit,
            .channel,
            .referrer,
            .campaign,
            .utmSource,
            .utmMedium,
            .utmTerm,
            .utmContent,
            .browser,
            .browserVersion,
            .system,
            .systemVersion,
            .device,
            .screen,
            .language,
            .country,
            .region,
            .city,
            .locationSource,
            .imported,
            .connection,
            .navigation,
            .release,
            .site:
            ReportFilter.Operator.allCases
        default: []
        }
    }

    /// Whether `NAME=VALUE` in a query is a filter.
    package var isParameter: Bool {
        switch self {
        case .path,
            .channel,
            .referrer,
            .campaign,
            .utmSource,
            .utmMedium,
            .utmTerm,
            .utmContent,
            .browser,
            .browserVersion,
            .system,
            .systemVersion,
            .device,
            .screen,
            .language,
            .country,
            .region,
            .city,
            .imported,
            .connection,
            .release,
            .event:
            true
        default: false
        }
    }
}
