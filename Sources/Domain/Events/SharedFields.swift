import JSON

/// The fields that the events of one page view share: one entry of `pageviews`, validated.
///
/// The texts are checked and unescaped once, so that an event that inherits them copies at most the limits of the fields.
package struct SharedFields: Sendable {
    static let fields: [StaticString] = [
        "visitor_id", "session_id", "pageview_id", "site", "path", "referrer", "emitted",
    ]
    private static let identifiers = 0..<4
    private static let locations = 4..<6

    private let bytes: [UInt8]
    /// The texts of `fields` up to `emitted`; nil where the entry lacks one.
    private let texts: [Slice?]
    /// Whether the entry is the delivery report of its page view, too: it has `emitted`.
    package let hasDeliveryReport: Bool

    /// Parses one entry; `bytes` is a buffer that holds it.
    package init(parsing bytes: consuming [UInt8], body: Range<Int>) throws(ValidationError) {
        guard body.count <= Limits.pageviewBytesMax else {
            throw .invalid(field: "entry", problem: .tooLong(bytesMax: Limits.pageviewBytesMax))
        }
        guard bytes[body.lowerBound] == UInt8(ascii: "{") else { throw .invalid(field: "entry", problem: .notObject) }
        var reader = try FieldReader(bytes, body: body, fields: Self.fields)
        var texts: [Slice?] = []
        for index in Self.identifiers { texts.append(try identifier(&reader, index, Self.fields)) }
        for index in Self.locations { texts.append(try location(&reader, index, Self.fields)) }
        if let textError = reader.unknownError { throw textError }
        hasDeliveryReport = reader.value(Self.fields.count - 1) != nil
        self.bytes = reader.bytes
        self.texts = texts
    }

    /// Gives an event the fields that it lacks; `indexes` are the event's indexes of these fields, in the order of `fields`.
    func complete(_ reader: inout FieldReader, _ indexes: [Int]) {
        for (text, index) in zip(texts, indexes) {
            if let text { reader.inherit(bytes[text.range], index) }
        }
    }
}
