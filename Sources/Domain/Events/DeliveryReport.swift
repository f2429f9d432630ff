import JSON

/// What a page view says of itself: how many events it has emitted, and how many of them it has dropped.
///
/// Numbers only grow, so that of two entries for a view the greater counts, in whatever order they come. What was emitted, was not
/// dropped, and is not a row has been lost on the way.
package struct DeliveryReport: Sendable {
    package var bytes: [UInt8]
    /// Microseconds since 1970, UTC.
    package var receivedAt: Int64
    package var visitorID: Slice
    package var sessionID: Slice
    package var pageviewID: Slice
    package var site: Slice?
    package var emitted: Int32
    /// Sum over all reasons.
    package var dropped: Int32
    /// JSON text of an object of counts by reason.
    package var dropReasons: Slice

    package func text(_ slice: Slice) -> String { String(decoding: bytes[slice.range], as: UTF8.self) }
    package func text(_ slice: Slice?) -> String? { slice.map { String(decoding: bytes[$0.range], as: UTF8.self) } }
}

extension DeliveryReport {
    private enum FieldIndex: Int {
        case visitorID, sessionID, pageviewID, emitted, dropped, site
    }
    private static let fields: [StaticString] = [
        "visitor_id", "session_id", "pageview_id", "emitted", "dropped", "site",
    ]

    /// Parses and judges one entry; `bytes` is a buffer that holds it.
    package init(parsing bytes: consuming [UInt8], body: Range<Int>, receivedAt: Int64) throws(ValidationError) {
        guard body.count <= Limits.pageviewBytesMax else {
            throw .invalid(field: "ledger", problem: .tooLong(bytesMax: Limits.pageviewBytesMax))
        }
        var reader = try FieldReader(bytes, body: body, fields: Self.fields)
        let missing = Self.fields.prefix(4).indices.filter { isMissing(reader.value($0)) }
        guard missing.isEmpty else { throw .missing(missing.map { Self.fields[$0].description }) }
        guard let visitorID = try identifier(&reader, FieldIndex.visitorID.rawValue, Self.fields),
            let sessionID = try identifier(&reader, FieldIndex.sessionID.rawValue, Self.fields),
            let pageviewID = try identifier(&reader, FieldIndex.pageviewID.rawValue, Self.fields),
            let emitted = reader.value(FieldIndex.emitted.rawValue)
        else { throw .invalidJSON }
        let site = try identifier(&reader, FieldIndex.site.rawValue, Self.fields).flatMap { $0.count > 0 ? $0 : nil }
        guard let count = Self.count(emitted, reader.bytes) else {
            throw .invalid(field: "emitted", problem: .notCount)
        }
        let dropped = reader.value(FieldIndex.dropped.rawValue)
        let sum = try dropped.map { value throws(ValidationError) in try Self.sum(value, reader.bytes) } ?? 0
        let reasons =
            dropped.map { Slice(start: $0.range.lowerBound, count: $0.range.count) } ?? reader.append("{}".utf8)
        if let textError = reader.unknownError { throw textError }
        self.init(
            bytes: reader.bytes,
            receivedAt: receivedAt,
            visitorID: visitorID,
            sessionID: sessionID,
            pageviewID: pageviewID,
            site: site,
            emitted: count,
            dropped: sum,
            dropReasons: reasons
        )
    }

    private static func count(_ value: JSONValue, _ bytes: [UInt8]) -> Int32? {
        guard value.kind == .number else { return nil }
        return Int32(String(decoding: bytes[value.range], as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The sum of an object of counts by reason.
    private static func sum(_ value: JSONValue, _ bytes: [UInt8]) throws(ValidationError) -> Int32 {
        let problem = ValidationError.invalid(field: "dropped", problem: .notReasons)
        guard value.kind == .object, value.textError == nil else { throw problem }
        var sum: Int32 = 0
        var reasons = 0
        do {
            var cursor = try ObjectCursor(bytes.span, in: value.range)
            while let member = try cursor.next(bytes.span) {
                reasons += 1
                guard reasons <= Limits.dropReasonsMax, isReason(bytes[member.name]),
                    let count = count(member.value, bytes)
                else { throw problem }
                let (total, isTooLarge) = sum.addingReportingOverflow(count)
                guard !isTooLarge else { throw problem }
                sum = total
            }
        } catch {
            throw problem
        }
        return sum
    }

    private static func isReason(_ name: ArraySlice<UInt8>) -> Bool {
        1...Limits.dropReasonBytesMax ~= name.count
            && name.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || $0 == UInt8(ascii: "_") }
    }
}
