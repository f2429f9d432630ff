import HTTPServer
import Ingest
import Events

/// Parses the events, page views and delivery reports of one `POST /events`.
struct BatchParser {
    private let batch: EventBatch
    private let bytes: [UInt8]
    private let requestContext: RequestContext
    private let privacy: PrivacyRules

    init(_ batch: EventBatch, _ bytes: [UInt8], _ requestContext: RequestContext, _ privacy: PrivacyRules) {
        self.batch = batch
        self.privacy = privacy
        self.bytes = bytes
        self.requestContext = requestContext
    }

    /// The records that can be stored; the group lists the other ones as rejected.
    func entries(_ ticket: Ticket, _ group: inout EventGroup) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(batch.events.count + batch.reports.count + (batch.pageviews?.count ?? 0))
        func add(_ part: EventGroup.Part, _ parse: () throws(ValidationError) -> Record) {
            do {
                var record = try parse()
                privacy.apply(&record) { requestContext.userAgent.map { Array(bytes[$0.range]) } ?? [] }
                entries.append(Entry(record: record, ticket: ticket.rawValue, tag: part.tag))
            } catch {
                group.reject(part, error)
            }
        }
        let pageviews = batch.pageviews.map { ranges in
            ranges.enumerated().map { index, range -> SharedFields? in
                do throws(ValidationError) {
                    let own = Array(bytes[range])
                    return try SharedFields(parsing: own, body: 0..<own.count)
                } catch {
                    group.reject(.pageview(index), error)
                    return nil
                }
            }
        }
        for (index, range) in batch.events.enumerated() {
            add(.event(index)) { () throws(ValidationError) in .event(try event(range, pageviews)) }
        }
        for (index, range) in batch.reports.enumerated() {
            add(.pageview(index)) { () throws(ValidationError) in .deliveryReport(try deliveryReport(range)) }
        }
        for (index, shared) in (pageviews ?? []).enumerated() {
            guard let shared, shared.hasDeliveryReport, let range = batch.pageviews?[index] else { continue }
            add(.pageview(index)) { () throws(ValidationError) in .deliveryReport(try deliveryReport(range)) }
        }
        return entries
    }

    /// Parses an event into a buffer of its own, which neither keeps the buffer of the batch alive nor copies it.
    private func event(_ range: Range<Int>, _ pageviews: [SharedFields?]?) throws(ValidationError) -> Event {
        guard range.count <= Limits.eventBodyBytesMax else {
            throw .invalid(field: "event", problem: .tooLong(bytesMax: Limits.eventBodyBytesMax))
        }
        var requestContext = requestContext
        var own = Array(bytes[range])
        if let agent = requestContext.userAgent {
            requestContext.userAgent = Slice(start: own.count, count: agent.range.count)
            own += bytes[agent.range]
        }
        return try Event(parsing: own, body: 0..<range.count, requestContext, pageviews: pageviews)
    }

    private func deliveryReport(_ range: Range<Int>) throws(ValidationError) -> DeliveryReport {
        let own = Array(bytes[range])
        return try DeliveryReport(parsing: own, body: 0..<own.count, receivedAt: requestContext.receivedAt)
    }
}
