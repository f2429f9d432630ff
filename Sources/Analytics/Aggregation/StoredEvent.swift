import Events

/// An event as stored in a row of `collector_events`.
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
    /// The location of a page view by its address or a proxy; nil when unknown.
    package var location: StoredLocation?
    /// JSON text of an object; empty when it exceeds the read limit.
    package var payload: String
    /// The content of the payload if it was read in advance.
    package var content: EventContent?

    /// Reception time in seconds since 1970, clamped to 1970–2106, the range that segments can store.
    package var seconds: Int64 { min(max(0, receivedAt / 1_000_000), Int64(UInt32.max)) }

    /// Clamps `receivedAt` to the range that both stores support.
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
        location: StoredLocation? = nil,
        payload: String
    ) {
        // Rows written by other programs may contain any time.
        let times = ISO8601.storableMicroseconds
        self.receivedAt = min(times.upperBound, max(times.lowerBound, receivedAt))
        (self.id, self.seq, self.site) = (id, seq, site)
        (self.visitorID, self.sessionID, self.pageviewID, self.type) = (visitorID, sessionID, pageviewID, type)
        (self.path, self.referrer, self.userAgent, self.payload) = (path, referrer, userAgent, payload)
        self.location = location
    }
}

/// A location as stored in a row of `collector_events`.
package struct StoredLocation: Sendable, Equatable {
    package var country: String
    package var region: String?
    package var city: String?
    package var source: String?

    package init(country: String, region: String?, city: String?, source: String?) {
        (self.country, self.region, self.city, self.source) = (country, region, city, source)
    }
}
