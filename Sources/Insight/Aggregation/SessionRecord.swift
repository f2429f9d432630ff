import Segments

/// What counts of one event of a session.
struct Record: Sendable {
    enum Kind: UInt8, Sendable { case other, pageView, vitals, engagement, resources }

    var id: Int64
    /// Seconds since 1970.
    var time: Int64
    /// Index of its page view's slot.
    var pageView: UInt16
    var kind = Kind.other
    /// Index of what the event reported, in the list of its kind; of resources, that of the first.
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

/// A page view id that events of the session name.
struct PageViewSlot: Sendable {
    var idHash: Int
    var firstEventID: Int64
    /// Path of its first event.
    var firstPath: UInt32
}

/// What a user agent is.
struct AgentCodes: Sendable {
    var traffic: UInt32 = 0
    var browser: UInt32 = 0
    var system: UInt32 = 0
    var device: UInt32 = 0
    /// Reasons to hold it for a bot, one a line.
    var reasons: UInt32 = 0
    /// Whether client hints may name another browser.
    var isImitated = false
}

/// What a `pageview` event reports.
struct Opening: Sendable {
    var agent = AgentCodes()
    var path: UInt32 = 0
    var release: UInt32 = 0
    var connection: UInt32 = 0
    var screen: UInt32 = 0
    var language: UInt32 = 0
    var country: UInt32 = 0
    var referrer: UInt32 = 0
    var campaign: UInt32 = 0
}

/// What a `webvitals` event reports, values outside of their range left out.
struct VitalsReport: Sendable {
    var seq: Int64
    var navigation: UInt32 = 0
    /// By `Vital.rawValue`; NaN for none.
    var values = InlineArray<5, Float>(repeating: .nan)
    var lcpElement: UInt32 = 0
    var lcpPart: UInt32 = 0
    var inpElement: UInt32 = 0
    var inpPart: UInt32 = 0
    var clsElement: UInt32 = 0
}

/// What an `engagement` event reports, values outside of their range left out.
struct EngagementReport: Sendable {
    var seq: Int64
    var milliseconds: UInt32?
    var scrollDepth: UInt8?
}
