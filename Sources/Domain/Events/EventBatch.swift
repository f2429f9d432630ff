import JSON

/// The body of one `POST /events`, split into events and page views.
///
/// Each of them is parsed separately.
package struct EventBatch: Equatable {
    /// The ranges of the elements of `events`, or of the lines.
    package private(set) var events: [Range<Int>] = []
    /// The ranges of the elements of `ledger`, the delivery reports in version 1 of the format.
    package private(set) var reports: [Range<Int>] = []
    /// The ranges of the elements of `pageviews`; nil in version 1, where events cannot refer to page views.
    package private(set) var pageviews: [Range<Int>]?
    /// When the request was sent, by the client's clock, in microseconds since 1970; nil when the
    /// body has no `sent_at`.
    package private(set) var sentAt: Int64?

    /// Splits a body in one of the supported formats.
    ///
    /// These are a JSON array, `{"v":2,"sent_at":"…","pageviews":[…],"events":[…]}`, version 1 of
    /// that object with `ledger`, and newline-delimited JSON.
    ///
    /// Throws `.invalidJSON` when the body has none of these formats, `.tooManyEvents` when it has more
    /// events than a request may contain, and `.invalid` when another member of the object is invalid.
    package init(parsing bytes: [UInt8], body: Range<Int>) throws(ValidationError) {
        if let elements = try Self.array(bytes, body, max: Limits.batchEventsMax) {
            events = elements
        } else if let envelope = try Self.envelope(bytes, body), let list = envelope.events,
            let elements = try Self.array(bytes, list, max: Limits.batchEventsMax)
        {
            events = elements
            try read(envelope, bytes)
        } else {
            events = try Self.lines(bytes, body)
        }
        guard events.count <= Limits.batchEventsMax else { throw .tooManyEvents }
    }

    /// The members of the object that contains the events.
    ///
    /// Members that are null count as absent.
    private struct Envelope {
        var events: Range<Int>?
        var report: JSONValue?
        var pageviews: JSONValue?
        var sentAt: JSONValue?
        var isVersion2 = false

        mutating func take(_ member: JSONMember, _ bytes: [UInt8]) {
            let name = bytes[member.name]
            let value = member.value.kind == .null ? nil : member.value
            if name.elementsEqual("events".utf8), member.value.kind == .array { events = member.value.range }
            if name.elementsEqual("ledger".utf8) { report = value }
            if name.elementsEqual("pageviews".utf8) { pageviews = value }
            if name.elementsEqual("sent_at".utf8) { sentAt = value }
            if name.elementsEqual("v".utf8) { isVersion2 = bytes[member.value.range].elementsEqual("2".utf8) }
        }
    }

    /// Nil when the body is not a single object.
    private static func envelope(_ bytes: [UInt8], _ range: Range<Int>) throws(ValidationError) -> Envelope? {
        var envelope = Envelope()
        var cursor: ObjectCursor
        do { cursor = try ObjectCursor(bytes.span, in: range) } catch { return nil }
        do {
            while let member = try cursor.next(bytes.span) { envelope.take(member, bytes) }
        } catch {
            // One event that is nested too deeply must not invalidate the other events. Any other error
            // means that the body is not an object. It may be lines, which are parsed separately.
            guard case .tooDeep = error, let name = cursor.name, bytes[name].elementsEqual("events".utf8),
                let start = valueStart(bytes, name.upperBound..<range.upperBound)
            else { return nil }
            envelope.events = try start..<closingBracket(bytes, range)
        }
        return envelope
    }

    private mutating func read(_ envelope: Envelope, _ bytes: [UInt8]) throws(ValidationError) {
        if let report = envelope.report { reports = try Self.pageviews(report, "ledger", bytes) }
        if let value = envelope.pageviews {
            guard envelope.report == nil else { throw .invalid(field: "ledger", problem: .notWithPageviews) }
            pageviews = try Self.pageviews(value, "pageviews", bytes)
        } else if envelope.isVersion2 {
            pageviews = []
        }
        if let sent = envelope.sentAt {
            guard sent.kind == .string, let time = ISO8601.microseconds(bytes[sent.content]) else {
                throw .invalid(field: "sent_at", problem: .notTimestamp)
            }
            sentAt = time
        }
    }

    /// The ranges of the elements of `pageviews` or `ledger`.
    private static func pageviews(
        _ value: JSONValue,
        _ field: String,
        _ bytes: [UInt8]
    ) throws(ValidationError) -> [Range<Int>] {
        guard value.kind == .array else { throw .invalid(field: field, problem: .notList) }
        let elements = try array(bytes, value.range, max: Limits.batchPageviewsMax) ?? []
        guard elements.count <= Limits.batchPageviewsMax else {
            throw .invalid(field: field, problem: .tooMany(max: Limits.batchPageviewsMax))
        }
        return elements
    }

    /// The ranges of an array's elements, at most `max + 1`; nil when the text does not start with an array.
    private static func array(_ bytes: [UInt8], _ range: Range<Int>, max: Int) throws(ValidationError) -> [Range<Int>]?
    {
        guard let first = bytes[range].first(where: { !isSpace($0) }), first == UInt8(ascii: "[") else { return nil }
        do {
            var elements: [Range<Int>] = []
            var cursor = try ArrayCursor(bytes.span, in: range)
            while let element = try cursor.next(bytes.span) {
                guard elements.count <= max else { break }
                elements.append(element.range)
            }
            return elements
        } catch {
            throw .invalidJSON
        }
    }

    /// The offset of the array that is the value of a member; `range` starts at the end of the member's name.
    private static func valueStart(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var rest = bytes[range]
        for token in ["\"", ":"] {
            rest = rest.drop(while: isSpace)
            guard rest.starts(with: token.utf8) else { return nil }
            rest = rest.dropFirst(token.utf8.count)
        }
        rest = rest.drop(while: isSpace)
        return rest.first == UInt8(ascii: "[") ? rest.startIndex : nil
    }

    /// The end of the array in a body that ends with `]}`.
    private static func closingBracket(_ bytes: [UInt8], _ range: Range<Int>) throws(ValidationError) -> Int {
        let text = bytes[range]
        guard let brace = text.lastIndex(where: { !isSpace($0) }), bytes[brace] == UInt8(ascii: "}"),
            let bracket = text[..<brace].lastIndex(where: { !isSpace($0) }), bytes[bracket] == UInt8(ascii: "]")
        else { throw .invalidJSON }
        return bracket + 1
    }

    /// The non-blank lines, if at least one of them is a JSON object.
    private static func lines(_ bytes: [UInt8], _ range: Range<Int>) throws(ValidationError) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var hasObject = false
        for line in bytes[range].split(separator: 0x0A) where !line.allSatisfy(isSpace) {
            guard lines.count <= Limits.batchEventsMax else { break }
            lines.append(line.startIndex..<line.endIndex)
            hasObject = hasObject || isObject(bytes, line.startIndex..<line.endIndex)
        }
        guard hasObject else { throw .invalidJSON }
        return lines
    }

    private static func isObject(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        do {
            var cursor = try ObjectCursor(bytes.span, in: range)
            while try cursor.next(bytes.span) != nil {}
            return true
        } catch {
            return error == .tooDeep
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}
