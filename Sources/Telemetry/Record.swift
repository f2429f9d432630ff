/// One record that is ready to be stored.
package enum Record: Sendable {
    case event(Event)
    case submission(Submission)

    /// Bytes of the buffer it lives in.
    package var bytesCount: Int {
        switch self {
        case .event(let event): event.bytes.count
        case .submission(let submission): submission.bytes.count
        }
    }

    /// Microseconds since 1970, UTC.
    package var receivedAt: Int64 {
        switch self {
        case .event(let event): event.receivedAt
        case .submission(let submission): submission.receivedAt
        }
    }
}
