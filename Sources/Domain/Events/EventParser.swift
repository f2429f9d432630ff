import JSON

/// Properties of a request that are not part of its body.
package struct RequestContext: Sendable {
    /// The time at which the request was received, in microseconds since 1970, UTC.
    package var receivedAt: Int64
    /// The range of the user agent in the parsed buffer; nil when there is none.
    package var userAgent: Slice?
    /// The hash of the client's address, as 64 lower-case hexadecimal digits; nil without a salt.
    package var ipHash: [UInt8]?
    /// When the request was sent, by the client's clock, in microseconds since 1970; nil when its
    /// batch has no `sent_at`.
    package var sentAt: Int64?
    /// Looks up the location of the client, which only `pageview` events have; nil when unknown.
    package var location: @Sendable () -> Location?

    package init(
        receivedAt: Int64,
        userAgent: Slice?,
        ipHash: [UInt8]?,
        sentAt: Int64? = nil,
        location: @escaping @Sendable () -> Location? = { nil }
    ) {
        self.receivedAt = receivedAt
        self.userAgent = userAgent
        self.ipHash = ipHash
        self.sentAt = sentAt
        self.location = location
    }
}

extension Event {
    private enum FieldIndex: Int {
        case visitorID, sessionID, pageviewID, eventType, seq, clientTimestamp, path, referrer, payload, eventID, site
        case sentAt, privacy, pageview
    }
    private static let fields: [StaticString] = [
        "visitor_id", "session_id", "pageview_id", "event_type", "seq", "client_timestamp", "path", "referrer",
        "payload", "event_id", "site", "sent_at", "privacy",
    ]
    private static let fieldsWithPageview = fields + ["pageview"]
    /// In the order of `SharedFields.fields`.
    private static let shared: [FieldIndex] = [
        .visitorID, .sessionID, .pageviewID, .site, .path, .referrer, .privacy,
    ]
    private static let pageViewType = Array("pageview".utf8)
    private static let sharedIndexes = shared.map(\.rawValue)

    /// Parses and validates the body of one event.
    ///
    /// Errors are detected in the order of the API contract.
    ///
    /// `bytes` is a buffer that contains the body, and the user agent if `requestContext` has a
    /// range for it. `pageviews` are the entries that the event's `pageview` can refer to, nil for
    /// an invalid entry. Without a list, `pageview` is an unknown field.
    package init(
        parsing bytes: consuming [UInt8],
        body: Range<Int>,
        _ requestContext: RequestContext,
        pageviews: [SharedFields?]? = nil
    ) throws(ValidationError) {
        var reader = try FieldReader(
            bytes,
            body: body,
            fields: pageviews == nil ? Self.fields : Self.fieldsWithPageview
        )
        if let pageviews { try Self.inherit(&reader, pageviews) }
        let missing = Self.fields.prefix(4).indices.filter { isMissing(reader.value($0)) }
        guard missing.isEmpty else { throw .missing(missing.map { Self.fields[$0].description }) }
        let seq = try Self.sequenceNumber(&reader)
        var clientTimestamp = try timestamp(&reader, FieldIndex.clientTimestamp.rawValue, Self.fields)
        let sentAt = try timestamp(&reader, FieldIndex.sentAt.rawValue, Self.fields) ?? requestContext.sentAt
        let original = clientTimestamp
        let isCorrected = ClockCorrection(receivedAt: requestContext.receivedAt, sentAt: sentAt).apply(&clientTimestamp)
        let visitorID = try identifier(&reader, FieldIndex.visitorID.rawValue, Self.fields)
        let sessionID = try identifier(&reader, FieldIndex.sessionID.rawValue, Self.fields)
        let pageviewID = try identifier(&reader, FieldIndex.pageviewID.rawValue, Self.fields)
        let eventType = try identifier(&reader, FieldIndex.eventType.rawValue, Self.fields)
        guard let visitorID, let sessionID, let pageviewID, let eventType else { throw .invalidJSON }
        let site = try identifier(&reader, FieldIndex.site.rawValue, Self.fields).flatMap { $0.count > 0 ? $0 : nil }
        let path = try addressText(&reader, FieldIndex.path.rawValue, Self.fields)
        let referrer = try addressText(&reader, FieldIndex.referrer.rawValue, Self.fields)
        let eventID = try Self.idempotencyKey(&reader)
        let privacy = try privacyMode(&reader, FieldIndex.privacy.rawValue)
        let payload = try Self.payload(&reader)
        if let textError = reader.unknownError { throw textError }
        let ipHash = requestContext.ipHash.map { reader.append($0) }
        let isPageView = reader.bytes[eventType.range].elementsEqual(Self.pageViewType)
        let found = isPageView ? requestContext.location() : nil
        let location = found.map { found in LocationSlices(found) { reader.append($0.utf8) } }
        self.init(
            bytes: reader.bytes,
            receivedAt: requestContext.receivedAt,
            clientTimestamp: clientTimestamp,
            clientTimestampOriginal: isCorrected ? original : nil,
            visitorID: visitorID,
            sessionID: sessionID,
            pageviewID: pageviewID,
            eventType: eventType,
            seq: seq,
            site: site,
            path: path,
            referrer: referrer,
            ipHash: ipHash,
            userAgent: requestContext.userAgent,
            location: location,
            payload: payload,
            eventID: eventID
        )
        self.privacy = privacy
    }

    /// Adds the fields of the page view that the event refers to.
    private static func inherit(_ reader: inout FieldReader, _ pageviews: [SharedFields?]) throws(ValidationError) {
        guard let value = reader.value(FieldIndex.pageview.rawValue) else { return }
        guard value.kind == .number, let index = Int(String(decoding: reader.bytes[value.range], as: UTF8.self)) else {
            throw .invalid(field: "pageview", problem: .notInteger)
        }
        guard pageviews.indices.contains(index) else { throw .invalid(field: "pageview", problem: .notIndex) }
        guard let shared = pageviews[index] else {
            throw .invalid(field: "pageview", problem: .refersToInvalidPageview)
        }
        shared.complete(&reader, sharedIndexes)
    }

    /// A 32-bit integer in decimal notation.
    ///
    /// `1.0`, `true` and `"1"` are invalid.
    private static func sequenceNumber(_ reader: inout FieldReader) throws(ValidationError) -> Int32 {
        guard let value = reader.value(FieldIndex.seq.rawValue) else { return 0 }
        guard value.kind == .number, let seq = Int32(String(decoding: reader.bytes[value.range], as: UTF8.self)) else {
            throw .invalid(field: "seq", problem: .notInteger)
        }
        return seq
    }

    private static func idempotencyKey(_ reader: inout FieldReader) throws(ValidationError) -> EventID? {
        guard let value = reader.value(FieldIndex.eventID.rawValue) else { return nil }
        guard value.kind == .string, value.textError == nil, let text = reader.text(value),
            let id = EventID(reader.bytes[text.range])
        else {
            throw .invalid(field: "event_id", problem: .notUUID)
        }
        return id
    }

    /// The bytes of an object; any other value becomes an empty object.
    private static func payload(_ reader: inout FieldReader) throws(ValidationError) -> Slice {
        guard let value = reader.value(FieldIndex.payload.rawValue) else { return reader.append("{}".utf8) }
        if let textError = value.textError { throw .invalid(field: "payload", problem: .textError(textError)) }
        guard value.kind == .object else { return reader.append("{}".utf8) }
        return reader.json(value)
    }
}

/// Whether a value is absent, null or an empty string.
func isMissing(_ value: JSONValue?) -> Bool {
    guard let value else { return true }
    return value.kind == .string && value.content.isEmpty
}

/// The text of an identifier or a type; nil when absent or null.
///
/// A number counts as its text.
func identifier(_ reader: inout FieldReader, _ index: Int, _ fields: [StaticString]) throws(ValidationError) -> Slice? {
    guard let value = reader.value(index) else { return nil }
    if let textError = value.textError {
        throw .invalid(field: fields[index].description, problem: .textError(textError))
    }
    guard let text = reader.text(value) else { throw .invalid(field: fields[index].description, problem: .notText) }
    guard text.range.count <= Limits.identifierBytesMax else {
        throw .invalid(field: fields[index].description, problem: .tooLong(bytesMax: Limits.identifierBytesMax))
    }
    return text
}

/// The text of a path or referrer; nil when absent, null or not a string.
func addressText(_ reader: inout FieldReader, _ index: Int, _ fields: [StaticString]) throws(ValidationError) -> Slice?
{
    guard let value = reader.value(index) else { return nil }
    if let textError = value.textError {
        throw .invalid(field: fields[index].description, problem: .textError(textError))
    }
    guard value.kind == .string, let text = reader.text(value) else { return nil }
    guard text.range.count <= Limits.locationBytesMax else {
        throw .invalid(field: fields[index].description, problem: .tooLong(bytesMax: Limits.locationBytesMax))
    }
    return text
}

/// The privacy mode that a page asks for; `full` when absent, null or empty.
func privacyMode(_ reader: inout FieldReader, _ index: Int) throws(ValidationError) -> PrivacyMode {
    guard let value = reader.value(index), !isMissing(value) else { return .full }
    guard value.kind == .string, value.textError == nil, let text = reader.text(value),
        let mode = PrivacyMode(rawValue: String(decoding: reader.bytes[text.range], as: UTF8.self)), mode > .full
    else {
        throw .invalid(field: "privacy", problem: .notPrivacyMode)
    }
    return mode
}

/// A time in microseconds since 1970; nil when absent or null.
func timestamp(_ reader: inout FieldReader, _ index: Int, _ fields: [StaticString]) throws(ValidationError) -> Int64? {
    guard let value = reader.value(index) else { return nil }
    guard value.kind == .string, value.textError == nil, let text = reader.text(value),
        let microseconds = ISO8601.microseconds(reader.bytes[text.range])
    else {
        throw .invalid(field: fields[index].description, problem: .notTimestamp)
    }
    return microseconds
}
