import Events

/// The delivery reports of one page view in a batch, merged as if they had been written one after the other.
///
/// A PostgreSQL statement can change a row only once.
struct MergedDeliveryReport {
    /// The report whose ids and site are stored.
    let first: DeliveryReport
    /// The report with the most dropped events, whose reasons are stored.
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

    /// Merges reports into one for each page view, in an order that is the same for all writers, so
    /// that they cannot deadlock.
    static func all(_ reports: [DeliveryReport]) -> [MergedDeliveryReport] {
        // Compared as bytes, like in the database: Swift treats some different texts as equal. Ids
        // contain no zero bytes.
        var merged: [[UInt8]: MergedDeliveryReport] = [:]
        for report in reports {
            let key = key(report.bytes[report.pageviewID.range], report.bytes[report.visitorID.range])
            merged[key, default: MergedDeliveryReport(report)].add(report)
        }
        return merged.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }

    /// The key of a page view's row: its id and the visitor's, separated by a zero byte.
    static func key(_ pageview: some Sequence<UInt8>, _ visitor: some Sequence<UInt8>) -> [UInt8] {
        Array(pageview) + [0] + Array(visitor)
    }

    var key: [UInt8] { Self.key(first.bytes[first.pageviewID.range], first.bytes[first.visitorID.range]) }
}
