/// The limits of requests and their fields.
package enum Limits {
    /// The size of a `POST /event` body, in bytes.
    package static let eventBodyBytesMax = 262_144
    /// The size of a `POST /collect` body, in bytes.
    package static let collectBodyBytesMax = 1_048_576
    /// The size of a `POST /events` body, in bytes.
    package static let batchBodyBytesMax = 1_048_576
    /// The number of events in one `POST /events`.
    package static let batchEventsMax = 1000
    /// The number of entries of `pageviews` in one `POST /events`; in version 1 of the format, of `ledger`.
    package static let batchPageviewsMax = 100
    /// The size of one of these entries, in bytes.
    package static let pageviewBytesMax = 16_384
    /// The number of drop reasons in a delivery report, and the size of a reason's name in bytes.
    package static let dropReasonsMax = 20
    package static let dropReasonBytesMax = 64
    /// The deviation of a client's clock up to which it is not corrected, in microseconds.
    package static let clockOffsetMicrosecondsMax: Int64 = 60_000_000
    /// The earliest corrected time that is accepted: 2000-01-01, in microseconds since 1970.
    package static let clientTimestampMicrosecondsMin: Int64 = 946_684_800_000_000
    /// How far a corrected time may be after the time of receipt, in microseconds: one day.
    package static let clientTimestampAheadMicrosecondsMax: Int64 = 86_400_000_000
    /// The size of `visitor_id`, `session_id`, `pageview_id`, `event_type` and `site`, in bytes of UTF-8.
    package static let identifierBytesMax = 256
    /// The size of `path` and `referrer`, in bytes of UTF-8.
    package static let locationBytesMax = 2048
    /// The size of a stored user agent, in bytes.
    ///
    /// Longer ones are truncated instead of rejected, since the page cannot change them.
    package static let userAgentBytesMax = 1024
    /// The number of bytes of an unknown field's name that an error message repeats.
    package static let namedFieldBytesMax = 64
}
