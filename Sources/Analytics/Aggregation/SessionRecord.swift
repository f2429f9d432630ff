import Segments

/// The aggregated content of one event of a session.
package struct Record: Sendable {
    enum Kind: UInt8, Sendable { case other, pageView, vitals, engagement, resources }

    package var id: Int64
    /// Seconds since 1970.
    var time: Int64
    /// Index in `SessionState.pageViews`.
    var pageView: UInt16
    var kind = Kind.other
    /// Index of the event's report in the list for its kind; for resources, of the first one.
    var detail: UInt32 = 0
    var firstEventRow: UInt32
    var eventRows: UInt8
    var resources: UInt8 = 0

    init(id: Int64, time: Int64, pageView: UInt16, firstEventRow: UInt32, eventRows: UInt8) {
        (self.id, self.time, self.pageView) = (id, time, pageView)
        (self.firstEventRow, self.eventRows) = (firstEventRow, eventRows)
    }

    var eventRange: Range<Int> { Int(firstEventRow)..<Int(firstEventRow) + Int(eventRows) }
    var resourceRange: Range<Int> { kind == .resources ? Int(detail)..<Int(detail) + Int(resources) : 0..<0 }
}

/// A page view of the session, identified by the id in its events.
struct PageViewSlot: Sendable {
    var idHash: Int
    var firstEventID: Int64
    /// Path of the first event.
    var firstPath: UInt32
    /// Whether its own event was received.
    var isOpened = false
    /// Events of the session with a `seq`.
    var numbered: Int64 = 0
    var report: SlotReport?

    init(idHash: Int, firstEventID: Int64, firstPath: UInt32) {
        (self.idHash, self.firstEventID, self.firstPath) = (idHash, firstEventID, firstPath)
    }
}

/// What the delivery report of a page view says.
struct SlotReport: Equatable, Sendable {
    var emitted: Int64
    var dropped: Int64
    /// Stored events with a `seq`, those of other sessions included, when they were last counted.
    var stored: Int64 = 0

    /// The number of events that should have been received.
    var expected: Int64 { max(0, emitted - dropped) }
}

/// Dictionary codes of a parsed user agent.
struct AgentCodes: Sendable {
    var traffic: UInt32 = 0
    var browser: UInt32 = 0
    var system: UInt32 = 0
    var device: UInt32 = 0
    /// Names with versions.
    var browserVersion: UInt32 = 0
    var systemVersion: UInt32 = 0
    /// Reasons for classifying it as a bot, one per line.
    var reasons: UInt32 = 0
    /// Whether client hints may name another browser.
    var isImitated = false

    var isHuman: Bool { reasons == DimensionDictionaries.none }

    /// Whether a text is beyond the limit of its dictionary.
    var hasOther: Bool {
        [traffic, browser, system, device, browserVersion, systemVersion, reasons]
            .contains(DimensionDictionaries.other)
    }
}

/// Dictionary codes of a location.
struct LocationCodes: Sendable {
    var country: UInt32 = 0
    var region: UInt32 = 0
    var city: UInt32 = 0
    var source: UInt32 = 0
}

/// Dictionary codes reported by a `pageview` event.
struct Opening: Sendable {
    var agent = AgentCodes()
    var path: UInt32 = 0
    var release: UInt32 = 0
    var connection: UInt32 = 0
    var screen: UInt32 = 0
    var language: UInt32 = 0
    var location = LocationCodes()
    var referrer: UInt32 = 0
    var campaign: UInt32 = 0
    var channel: UInt32 = 0
    var utmSource: UInt32 = 0
    var utmMedium: UInt32 = 0
    var utmTerm: UInt32 = 0
    var utmContent: UInt32 = 0
    var imported: UInt32 = 0
}

/// Values reported by a `webvitals` event, without those out of range.
struct VitalsReport: Sendable {
    var seq: Int64
    var navigation: UInt32 = 0
    /// Values indexed by `Vital.rawValue`; NaN when not reported.
    var values = InlineArray<5, Float>(repeating: .nan)
    var lcpElement: UInt32 = 0
    var lcpPart: UInt32 = 0
    var inpElement: UInt32 = 0
    var inpPart: UInt32 = 0
    var clsElement: UInt32 = 0
}

/// Values reported by an `engagement` event, without those out of range.
struct EngagementReport: Sendable {
    var seq: Int64
    var milliseconds: UInt32?
    var scrollDepth: UInt8?
}
