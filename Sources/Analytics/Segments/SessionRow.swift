/// A session: a function of its events, independent of the order in which they arrived.
///
/// Texts are codes of `DimensionDictionaries`; code 0 is the empty text, "none".
package struct SessionRow: Equatable, Sendable {
    /// Hash of site, visitor id and session id.
    package var key: UInt64
    /// The visitor's number, starting at 0; unique to a visitor id unless it is the shared number.
    package var visitor: UInt32
    package var site: UInt32 = 0
    package var traffic: UInt32 = 0
    package var botReasons: UInt32 = 0
    package var browser: UInt32 = 0
    package var system: UInt32 = 0
    package var device: UInt32 = 0
    package var screen: UInt32 = 0
    package var language: UInt32 = 0
    package var country: UInt32 = 0
    package var region: UInt32 = 0
    package var city: UInt32 = 0
    package var locationSource: UInt32 = 0
    package var referrer: UInt32 = 0
    package var campaign: UInt32 = 0
    package var channel: UInt32 = 0
    package var utmSource: UInt32 = 0
    package var utmMedium: UInt32 = 0
    package var utmTerm: UInt32 = 0
    package var utmContent: UInt32 = 0
    package var browserVersion: UInt32 = 0
    package var systemVersion: UInt32 = 0
    package var imported: UInt32 = 0
    /// One or more, sorted by time and then by the id of the first event.
    package var pageViews: [PageViewRow]
    package var events: [EventRow] = []
    package var resources: [ResourceRow] = []

    package init(key: UInt64, visitor: UInt32, pageViews: [PageViewRow]) {
        (self.key, self.visitor, self.pageViews) = (key, visitor, pageViews)
    }
}

extension SessionRow {
    /// The columns of its dimensions, in the order of exports: segments store them, `verify` compares them.
    package static let codeColumns: [CodeColumn<SessionRow>] = [
        CodeColumn(.site, \.site), CodeColumn(.traffic, \.traffic), CodeColumn(.botReasons, \.botReasons),
        CodeColumn(.browser, \.browser), CodeColumn(.system, \.system), CodeColumn(.device, \.device),
        CodeColumn(.screen, \.screen), CodeColumn(.language, \.language), CodeColumn(.country, \.country),
        CodeColumn(.region, \.region), CodeColumn(.city, \.city), CodeColumn(.locationSource, \.locationSource),
        CodeColumn(.referrer, \.referrer), CodeColumn(.campaign, \.campaign), CodeColumn(.channel, \.channel),
        CodeColumn(.utmSource, \.utmSource), CodeColumn(.utmMedium, \.utmMedium), CodeColumn(.utmTerm, \.utmTerm),
        CodeColumn(.utmContent, \.utmContent), CodeColumn(.browserVersion, \.browserVersion),
        CodeColumn(.systemVersion, \.systemVersion), CodeColumn(.imported, \.imported),
    ]
}

/// A page view, combined from its `pageview` event and later events.
package struct PageViewRow: Equatable, Sendable {
    /// Reception time of the `pageview` event in seconds since 1970; without it, of the first event.
    package var time: Int64
    /// Whether the `pageview` event was received.
    package var isCounted = false
    package var path: UInt32 = 0
    package var release: UInt32 = 0
    package var connection: UInt32 = 0
    package var navigation: UInt32 = 0
    /// Events of any type received for the page view.
    package var eventsReceived: UInt32 = 0
    /// Engagement time in milliseconds; nil when not reported.
    package var engagement: UInt32?
    /// Scroll depth in percent, 0 to 100; nil when not reported.
    package var scrollDepth: UInt8?
    package var vitals = VitalValues()
    package var lcpElement: UInt32 = 0
    package var lcpPart: UInt32 = 0
    package var inpElement: UInt32 = 0
    package var inpPart: UInt32 = 0
    package var clsElement: UInt32 = 0
    /// Nil without a delivery report, and if the `pageview` event was not received.
    package var delivery: PageDelivery?

    package init(time: Int64) { self.time = time }
}

/// The delivery of the events of a page view, by its delivery report.
package struct PageDelivery: Equatable, Sendable {
    /// Events that the page has emitted, those of them that it has dropped, and those that were lost on the way.
    package let emitted: UInt32
    package let dropped: UInt32
    package let lost: UInt32
    /// Whether the numbers are impossible; all of them are 0 then.
    package let isInvalid: Bool

    package static let invalid = PageDelivery(isInvalid: true, emitted: 0, dropped: 0, lost: 0)
    /// The number in the column of emitted events from which on it is that of a report.
    static let codeOfZero: UInt32 = 2

    private init(isInvalid: Bool, emitted: UInt32, dropped: UInt32, lost: UInt32) {
        (self.isInvalid, self.emitted, self.dropped, self.lost) = (isInvalid, emitted, dropped, lost)
    }

    /// Numbers above those that are possible are reduced: a page cannot drop or lose more events than it has emitted.
    package init(emitted: UInt32, dropped: UInt32, lost: UInt32) {
        let emitted = min(emitted, .max - Self.codeOfZero)
        let dropped = min(dropped, emitted)
        self.init(isInvalid: false, emitted: emitted, dropped: dropped, lost: min(lost, emitted - dropped))
    }

    /// The number in the column of emitted events.
    var code: UInt32 { isInvalid ? 1 : emitted + Self.codeOfZero }

    static func decoded(_ code: UInt32, dropped: UInt32, lost: UInt32) -> PageDelivery? {
        switch code {
        case 0: nil
        case 1: invalid
        default: PageDelivery(emitted: code - codeOfZero, dropped: dropped, lost: lost)
        }
    }
}

/// Sums of the delivery of page views.
package struct DeliverySums: Equatable, Sendable {
    /// Page views with a delivery report.
    package var pageViews: Int64 = 0
    package var emitted: Int64 = 0
    package var dropped: Int64 = 0
    package var lost: Int64 = 0
    /// Page views whose delivery reports have impossible numbers, which are not in the other sums.
    package var invalid: Int64 = 0

    package init() {}

    mutating func add(code: UInt32, dropped: UInt32, lost: UInt32) {
        guard code >= PageDelivery.codeOfZero else {
            invalid += Int64(code)
            return
        }
        pageViews += 1
        emitted += Int64(code - PageDelivery.codeOfZero)
        self.dropped += Int64(dropped)
        self.lost += Int64(lost)
    }

    mutating func add(_ other: DeliverySums) {
        pageViews += other.pageViews
        emitted += other.emitted
        dropped += other.dropped
        lost += other.lost
        invalid += other.invalid
    }
}

extension PageViewRow {
    /// The columns of its dimensions.
    package static let codeColumns: [CodeColumn<PageViewRow>] = [
        CodeColumn(.path, \.path), CodeColumn(.release, \.release), CodeColumn(.connection, \.connection),
        CodeColumn(.navigation, \.navigation), CodeColumn(.lcpElement, \.lcpElement), CodeColumn(.lcpPart, \.lcpPart),
        CodeColumn(.inpElement, \.inpElement), CodeColumn(.inpPart, \.inpPart), CodeColumn(.clsElement, \.clsElement),
    ]
}

/// Errors, custom events or invalid values of one event.
package struct EventRow: Equatable, Sendable {
    /// Index of the page view in the session.
    package var pageView: UInt16
    /// Seconds since 1970.
    package var time: Int64
    package var kind: EventKind
    package var name: UInt32
    /// 0 for a custom event and a missing page.
    package var issue: UInt32
    package var count: UInt32
    /// The value of a custom event in units of 1/10,000; nil when none was sent.
    package var value: Int64?
    /// The currency of the value.
    package var currency: UInt32 = 0
    /// The path of a missing page.
    package var path: UInt32 = 0

    package init(pageView: UInt16, time: Int64, kind: EventKind, name: UInt32, issue: UInt32, count: UInt32) {
        (self.pageView, self.time, self.kind) = (pageView, time, kind)
        (self.name, self.issue, self.count) = (name, issue, count)
    }
}

/// One of the slowest resources of a page view, or the total of one third party.
package struct ResourceRow: Equatable, Sendable {
    /// Index of the page view in the session.
    package var pageView: UInt16
    package var kind: ResourceKind
    package var name: UInt32
    /// Duration in milliseconds.
    package var duration: Float
    package var bytes: UInt64

    package init(pageView: UInt16, kind: ResourceKind, name: UInt32, duration: Float, bytes: UInt64) {
        (self.pageView, self.kind, self.name) = (pageView, kind, name)
        (self.duration, self.bytes) = (duration, bytes)
    }
}
