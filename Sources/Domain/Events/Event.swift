/// A range of bytes in a record's own buffer.
package struct Slice: Sendable, Hashable {
    /// The offset of the first byte.
    package var start: Int32
    /// The number of bytes.
    package var count: Int32

    package init(start: Int, count: Int) {
        self.start = Int32(start)
        self.count = Int32(count)
    }

    package var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

/// A validated event.
///
/// Each text field is valid UTF-8 without U+0000 and within its limit.
///
/// The fields are ranges of one buffer, which starts with the request, so that parsing copies nothing
/// and a payload reaches the store byte for byte. Times are in microseconds since 1970, UTC.
package struct Event: Sendable {
    /// The buffer that contains the texts of all fields.
    package var bytes: [UInt8]
    /// When the server received the event.
    package var receivedAt: Int64
    /// When the event occurred, by the client's clock; corrected to the server's clock if the
    /// client's clock is known to be wrong.
    package var clientTimestamp: Int64?
    /// The uncorrected time of the client's clock; nil when it was not corrected.
    package var clientTimestampOriginal: Int64?
    package var visitorID: Slice
    package var sessionID: Slice
    package var pageviewID: Slice
    package var eventType: Slice
    /// The sequence number assigned by the client; 0 when it did not send one.
    package var seq: Int32
    /// The name of the site, as reported by the page; nil when unknown.
    package var site: Slice?
    package var path: Slice?
    package var referrer: Slice?
    /// The hash of the client's address, as 64 lower-case hexadecimal digits (SHA-256); nil without a salt.
    package var ipHash: Slice?
    /// The user agent of the request, truncated to `Limits.userAgentBytesMax` bytes; nil when there is none.
    package var userAgent: Slice?
    /// The location of a `pageview` event by the client's address or a proxy; nil when unknown and for other events.
    package var location: LocationSlices?
    /// The JSON text of an object.
    package var payload: Slice
    /// The idempotency key; nil when the client did not send one.
    package var eventID: EventID?
    /// The privacy mode that the page asks for; not stored.
    package var privacy = PrivacyMode.full

    package init(
        bytes: [UInt8],
        receivedAt: Int64,
        clientTimestamp: Int64? = nil,
        clientTimestampOriginal: Int64? = nil,
        visitorID: Slice,
        sessionID: Slice,
        pageviewID: Slice,
        eventType: Slice,
        seq: Int32,
        site: Slice? = nil,
        path: Slice? = nil,
        referrer: Slice? = nil,
        ipHash: Slice? = nil,
        userAgent: Slice? = nil,
        location: LocationSlices? = nil,
        payload: Slice,
        eventID: EventID? = nil
    ) {
        self.bytes = bytes
        self.receivedAt = receivedAt
        self.clientTimestamp = clientTimestamp
        self.clientTimestampOriginal = clientTimestampOriginal
        self.visitorID = visitorID
        self.sessionID = sessionID
        self.pageviewID = pageviewID
        self.eventType = eventType
        self.seq = seq
        self.site = site
        self.path = path
        self.referrer = referrer
        self.ipHash = ipHash
        self.userAgent = userAgent
        self.location = location
        self.payload = payload
        self.eventID = eventID
    }

    package func text(_ slice: Slice) -> String { String(decoding: bytes[slice.range], as: UTF8.self) }
    package func text(_ slice: Slice?) -> String? { slice.map { String(decoding: bytes[$0.range], as: UTF8.self) } }
}

/// A UUID as two 64-bit halves, in network byte order.
package struct EventID: Sendable, Hashable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
