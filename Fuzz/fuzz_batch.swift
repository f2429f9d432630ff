// A batch is split within its bounds, and every accepted field keeps its limits, in both versions of the format.

import Events

private func check(_ slice: Slice?, _ bytes: [UInt8], _ bytesMax: Int) {
    guard let slice else { return }
    precondition(slice.start >= 0 && slice.range.upperBound <= bytes.count, "a field outside of its buffer")
    precondition(slice.range.count <= bytesMax, "a field over its limit")
    precondition(String(validating: bytes[slice.range], as: UTF8.self) != nil, "a field that is not UTF-8")
}

private func check(_ event: Event) {
    for id in [event.visitorID, event.sessionID, event.pageviewID, event.eventType] {
        check(id, event.bytes, Limits.identifierBytesMax)
        precondition(id.count > 0, "an empty id")
    }
    check(event.site, event.bytes, Limits.identifierBytesMax)
    for location in [event.path, event.referrer] { check(location, event.bytes, Limits.locationBytesMax) }
    check(event.payload, event.bytes, event.bytes.count)
    precondition(event.bytes[event.payload.range].first == UInt8(ascii: "{"), "a payload that is no object")
}

private func parse(_ bytes: [UInt8], _ batch: EventBatch) {
    let pageviews = batch.pageviews.map { ranges in
        ranges.map { range in
            let own = Array(bytes[range])
            // An invalid entry is nil: events that refer to it are rejected.
            return try? SharedFields(parsing: own, body: 0..<own.count)
        }
    }
    for range in batch.events {
        let own = Array(bytes[range])
        let requestContext = RequestContext(receivedAt: 1_795_456_784_000_000, userAgent: nil, ipHash: nil)
        do {
            check(try Event(parsing: own, body: 0..<own.count, requestContext, pageviews: pageviews))
        } catch {}
    }
    for range in batch.reports + (batch.pageviews ?? []) {
        let own = Array(bytes[range])
        // Most entries are no delivery report.
        guard let report = try? DeliveryReport(parsing: own, body: 0..<own.count, receivedAt: 0) else { continue }
        precondition(report.emitted >= 0 && report.dropped >= 0, "a negative count")
        check(report.site, report.bytes, Limits.identifierBytesMax)
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBatch(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    // Most inputs are no batch.
    guard let batch = try? EventBatch(parsing: bytes, body: 0..<count) else { return 0 }
    precondition(batch.events.count <= Limits.batchEventsMax)
    precondition((batch.pageviews ?? batch.reports).count <= Limits.batchPageviewsMax)
    for range in batch.events + batch.reports + (batch.pageviews ?? []) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count && !range.isEmpty)
    }
    parse(bytes, batch)
    return 0
}
