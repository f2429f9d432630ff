import JSON

/// The numbers of events that a page view has emitted and dropped, as reported by the page.
///
/// The numbers only grow, so the highest of several reports for a page view counts, regardless of
/// their order. Events that were emitted, not dropped and not stored were lost in transit.
package struct DeliveryReport: Sendable {
    /// The buffer that contains the texts of all fields.
    package var bytes: [UInt8]
    /// The time of receipt, in microseconds since 1970, UTC.
    package var receivedAt: Int64
    package var visitorID: Slice
    package var sessionID: Slice
    package var pageviewID: Slice
    package var site: Slice?
    /// The number of emitted events.
    package var emitted: Int32
    /// The number of dropped events, over all reasons.
    package var dropped: Int32
    /// The JSON text of an object with the number of dropped events by reason.
    package var dropReasons: Slice
    /// The privacy mode that the page asks for; not stored.
    package var privacy = PrivacyMode.full

    package func text(_ slice: Slice) -> String { String(decoding: bytes[slice.range], as: UTF8.self) }
    package func text(_ slice: Slice?) -> String? { slice.map { String(decoding: bytes[$0.range], as: UTF8.self) } }
}

extension DeliveryReport {
    private enum FieldIndex: Int {
        case visitorID, sessionID, pageviewID, emitted, dropped, site, privacy
    }
    private static let fields: [StaticString] = [
        "visitor_id", "session_id", "pageview_id", "emitted", "dropped", "site", "privacy",
    ]

    /// Parses and validates one entry, which is the range `body` of `bytes`.
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
        let privacy = try privacyMode(&reader, FieldIndex.privacy.rawValue)
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
        self.privacy = privacy
    }

    private static func count(_ value: JSONValue, _ bytes: [UInt8]) -> Int32? {
        guard value.kind == .number else { return nil }
        return Int32(String(decoding: bytes[value.range], as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The sum of the counts in an object of counts by reason.
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
