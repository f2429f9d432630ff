import JSON

/// The validated fields shared by the events of one page view: one entry of `pageviews`.
///
/// The texts are validated and unescaped once, so that an event that inherits them copies at most
/// the limits of the fields.
package struct SharedFields: Sendable {
    static let fields: [StaticString] = [
        "visitor_id", "session_id", "pageview_id", "site", "path", "referrer", "privacy", "emitted",
    ]
    private static let identifiers = 0..<4
    private static let locations = 4..<6
    private static let privacy = 6

    private let bytes: [UInt8]
    /// The texts of `fields` before `emitted`; nil for a field that the entry does not have.
    private let texts: [Slice?]
    /// Whether the entry has `emitted`, so that it is also the delivery report of its page view.
    package let hasDeliveryReport: Bool

    /// Parses and validates one entry, which is the range `body` of `bytes`.
    package init(parsing bytes: consuming [UInt8], body: Range<Int>) throws(ValidationError) {
        guard body.count <= Limits.pageviewBytesMax else {
            throw .invalid(field: "entry", problem: .tooLong(bytesMax: Limits.pageviewBytesMax))
        }
        guard bytes[body.lowerBound] == UInt8(ascii: "{") else { throw .invalid(field: "entry", problem: .notObject) }
        var reader = try FieldReader(bytes, body: body, fields: Self.fields)
        var texts: [Slice?] = []
        for index in Self.identifiers { texts.append(try identifier(&reader, index, Self.fields)) }
        for index in Self.locations { texts.append(try addressText(&reader, index, Self.fields)) }
        let mode = try privacyMode(&reader, Self.privacy)
        texts.append(mode == .full ? nil : reader.append(mode.rawValue.utf8))
        if let textError = reader.unknownError { throw textError }
        hasDeliveryReport = reader.value(Self.fields.count - 1) != nil
        self.bytes = reader.bytes
        self.texts = texts
    }

    /// Adds the fields that an event does not have.
    ///
    /// `indexes` are the event's indexes of these fields, in the order of `fields`.
    func complete(_ reader: inout FieldReader, _ indexes: [Int]) {
        for (text, index) in zip(texts, indexes) {
            if let text { reader.inherit(bytes[text.range], index) }
        }
    }
}
