/// A place in a record's own buffer.
package struct Slice: Sendable, Hashable {
    /// Offset of the first byte.
    package var start: Int32
    /// Number of bytes.
    package var count: Int32

    package init(start: Int, count: Int) {
        self.start = Int32(start)
        self.count = Int32(count)
    }

    package var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

/// One event, parsed and judged: every field is valid UTF-8 without U+0000 and within its limit.
///
/// The fields are places in one buffer, which begins with the request they came in, so that parsing copies nothing and a
/// payload reaches the store byte for byte. Times are microseconds since 1970 in UTC.
package struct Event: Sendable {
    package var bytes: [UInt8]
    package var receivedAt: Int64
    /// When it happened; by the sender's clock, or by ours where the sender's is known to be wrong.
    package var clientTimestamp: Int64?
    /// What the sender's clock said, when that was corrected; nil when it was believed.
    package var clientTimestampOriginal: Int64?
    package var visitorID: Slice
    package var sessionID: Slice
    package var pageviewID: Slice
    package var eventType: Slice
    package var seq: Int32
    /// What the site is called, by its own account; nil when it is not known.
    package var site: Slice?
    package var path: Slice?
    package var referrer: Slice?
    /// Lower-case hex SHA-256, 64 bytes; nil without a salt.
    package var ipHash: Slice?
    package var userAgent: Slice?
    /// JSON text of an object.
    package var payload: Slice
    /// Idempotency key; nil when the sender gave none.
    package var eventID: EventID?

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
        self.payload = payload
        self.eventID = eventID
    }

    package func text(_ slice: Slice) -> String { String(decoding: bytes[slice.range], as: UTF8.self) }
    package func text(_ slice: Slice?) -> String? { slice.map { String(decoding: bytes[$0.range], as: UTF8.self) } }
}

/// A UUID as its 16 bytes, high half first.
package struct EventID: Sendable, Hashable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
