import Events

/// What the entries of a batch say of one page view, as if they had been written one after the other.
///
/// PostgreSQL changes a row once a statement.
struct MergedDeliveryReport {
    /// Whose ids and site count.
    let first: DeliveryReport
    /// Whose reasons count: it has dropped most.
    private(set) var mostDropped: DeliveryReport
    private(set) var emitted: Int32
    private(set) var firstReceivedAt: Int64
    private(set) var lastReceivedAt: Int64

    private init(_ report: DeliveryReport) {
        first = report
        mostDropped = report
        emitted = report.emitted
        firstReceivedAt = report.receivedAt
        lastReceivedAt = report.receivedAt
    }

    private mutating func add(_ report: DeliveryReport) {
        if report.dropped > mostDropped.dropped { mostDropped = report }
        emitted = max(emitted, report.emitted)
        firstReceivedAt = min(firstReceivedAt, report.receivedAt)
        lastReceivedAt = max(lastReceivedAt, report.receivedAt)
    }

    /// One for each page view, in an order that is the same for all writers, so that none waits for another in a circle.
    static func all(_ reports: [DeliveryReport]) -> [MergedDeliveryReport] {
        // By their bytes, as the database compares: two texts may be equal to Swift and different to it. No id has a zero in it.
        var merged: [[UInt8]: MergedDeliveryReport] = [:]
        for report in reports {
            let key = report.bytes[report.pageviewID.range] + [0] + report.bytes[report.visitorID.range]
            merged[Array(key), default: MergedDeliveryReport(report)].add(report)
        }
        return merged.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }
}
