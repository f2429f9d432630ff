import Events

/// An event as its row in `collector_events` reads.
package struct StoredEvent: Sendable {
    package var id: Int64
    /// Microseconds since 1970, UTC.
    package var receivedAt: Int64
    package var visitorID: String
    package var sessionID: String
    package var pageviewID: String
    package var type: String
    package var seq: Int64
    package var site: String
    package var path: String?
    package var referrer: String?
    package var userAgent: String?
    /// JSON text of an object; empty when it is too long to be read.
    package var payload: String

    /// Seconds since 1970 within the range of times that segments hold, 1970 to 2106: rows that another program wrote may hold any time.
    package var seconds: Int64 { min(max(0, receivedAt / 1_000_000), Int64(UInt32.max)) }

    /// `receivedAt` is moved to the years that both stores can hold.
    package init(
        id: Int64,
        receivedAt: Int64,
        visitorID: String,
        sessionID: String,
        pageviewID: String,
        type: String,
        seq: Int64 = 0,
        site: String = "",
        path: String? = nil,
        referrer: String? = nil,
        userAgent: String? = nil,
        payload: String
    ) {
        // A row that another program wrote may hold any time.
        let times = ISO8601.storableMicroseconds
        self.receivedAt = min(times.upperBound, max(times.lowerBound, receivedAt))
        (self.id, self.seq, self.site) = (id, seq, site)
        (self.visitorID, self.sessionID, self.pageviewID, self.type) = (visitorID, sessionID, pageviewID, type)
        (self.path, self.referrer, self.userAgent, self.payload) = (path, referrer, userAgent, payload)
    }
}
