/// A validated record, ready to be stored.
package enum Record: Sendable {
    case event(Event)
    case submission(Submission)
    case deliveryReport(DeliveryReport)

    /// The buffer of the record.
    var bytes: [UInt8] {
        switch self {
        case .event(let event): event.bytes
        case .submission(let submission): submission.bytes
        case .deliveryReport(let report): report.bytes
        }
    }

    package var bytesCount: Int { bytes.count }

    /// The time of receipt, in microseconds since 1970, UTC.
    package var receivedAt: Int64 {
        switch self {
        case .event(let event): event.receivedAt
        case .submission(let submission): submission.receivedAt
        case .deliveryReport(let report): report.receivedAt
        }
    }
}
