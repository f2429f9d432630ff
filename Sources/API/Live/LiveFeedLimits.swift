/// The limits of the live feed.
package struct LiveFeedLimits: Sendable {
    /// The most subscribers.
    package var subscribersMax: Int
    /// The most events, and bytes of them, that are kept for all subscribers.
    package var keptEventsMax = 2000
    package var keptBytesMax = 4 << 20
    /// The most events of one read.
    package var readEventsMax: Int64 = 500
    /// The most events of one read for a subscriber that catches up from the database.
    package var catchUpEventsMax: Int64 = 100
    /// The most bytes that are sent to a subscriber at a time.
    package var partBytesMax = 16_384
    /// The number of events behind the latest beyond which a subscriber skips to the latest.
    package var behindMax: Int64 = 20_000
    /// The size in bytes up to which a payload is sent with its event; a larger one is requested separately.
    package var payloadBytesMax = 4096
    /// Milliseconds between two reads while there are subscribers.
    package var restMilliseconds = 100
    /// Milliseconds between two keep-alives.
    package var keepAliveMilliseconds = 15_000

    /// The limits of a server with so many connections, of which at most half are for subscribers.
    package init(connectionsMax: Int) { subscribersMax = min(1000, connectionsMax / 2) }
}
