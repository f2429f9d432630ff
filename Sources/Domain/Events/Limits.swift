/// Every limit of what a sender may say, in one place.
package enum Limits {
    /// Body of `POST /event`, bytes.
    package static let eventBodyBytesMax = 262_144
    /// Body of `POST /collect`, bytes.
    package static let collectBodyBytesMax = 1_048_576
    /// Body of `POST /events`, bytes.
    package static let batchBodyBytesMax = 1_048_576
    /// Events in one `POST /events`.
    package static let batchEventsMax = 1000
    /// Entries of `pageviews` in one `POST /events`; in version 1 of the format, of `ledger`.
    package static let batchPageviewsMax = 100
    /// One of these entries, bytes.
    package static let pageviewBytesMax = 16_384
    /// Reasons for which a page view may say that it dropped events, and bytes of the name of one.
    package static let dropReasonsMax = 20
    package static let dropReasonBytesMax = 64
    /// Microseconds by which a sender's clock may be wrong and is believed all the same.
    package static let clockOffsetMicrosecondsMax: Int64 = 60_000_000
    /// Microseconds since 1970 of 2000-01-01, before which a corrected time is not believed.
    package static let clientTimestampMicrosecondsMin: Int64 = 946_684_800_000_000
    /// Microseconds by which a corrected time may be ahead of the moment at which it came: one day.
    package static let clientTimestampAheadMicrosecondsMax: Int64 = 86_400_000_000
    /// `visitor_id`, `session_id`, `pageview_id`, `event_type` and `site`, bytes of UTF-8.
    package static let identifierBytesMax = 256
    /// `path` and `referrer`, bytes of UTF-8.
    package static let locationBytesMax = 2048
    /// User agent kept with an event, bytes; what is longer is cut, since the sender cannot help its length.
    package static let userAgentBytesMax = 1024
    /// Name of an unknown field as it is repeated in an error message, bytes.
    package static let namedFieldBytesMax = 64
}
