import JSONScan

/// The events of one `POST /events` body, apart from each other; each is judged by itself afterwards.
package enum EventBatch {
    /// Finds the place of each event in a JSON array, in `{"events":[…]}` or in newline-delimited JSON.
    ///
    /// Places hold what claims to be an event, whether or not it is one. Throws `.invalidJSON` when the body is none of the three
    /// forms and `.tooManyEvents` when there are more than a request may carry.
    package static func places(_ bytes: [UInt8], body: Range<Int>) throws(Rejection) -> [Range<Int>] {
        let places: [Range<Int>]
        if let elements = try array(bytes, body) {
            places = elements
        } else if let value = try eventsMember(bytes, body) {
            places = value
        } else {
            places = try lines(bytes, body)
        }
        guard places.count <= Limits.batchEventsMax else { throw .tooManyEvents }
        return places
    }

    private static func array(_ bytes: [UInt8], _ range: Range<Int>) throws(Rejection) -> [Range<Int>]? {
        guard let first = bytes[range].first(where: { !isSpace($0) }), first == UInt8(ascii: "[") else { return nil }
        do {
            var places: [Range<Int>] = []
            var cursor = try ArrayCursor(bytes.span, in: range)
            while let element = try cursor.next(bytes.span) {
                guard places.count <= Limits.batchEventsMax else { break }
                places.append(element.range)
            }
            return places
        } catch {
            throw .invalidJSON
        }
    }

    /// The elements of the member `events` of an object that is the whole body; nil when it is not such an object.
    private static func eventsMember(_ bytes: [UInt8], _ range: Range<Int>) throws(Rejection) -> [Range<Int>]? {
        var events: Range<Int>?
        do {
            var cursor = try ObjectCursor(bytes.span, in: range)
            while let member = try cursor.next(bytes.span) {
                guard bytes[member.name].elementsEqual("events".utf8), member.value.kind == .array else { continue }
                events = member.value.range
            }
        } catch {
            // Too deep or no object at all: perhaps lines, of which each is looked at by itself.
            guard case .tooDeep = error, let start = wrapperStart(bytes, range) else { return nil }
            return try array(bytes, start..<closingBracket(bytes, range))
        }
        guard let events else { return nil }
        return try array(bytes, events)
    }

    /// Where the array begins in a body that starts with `{"events":[`; one event nested too deep must not spoil the others.
    private static func wrapperStart(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var rest = bytes[range]
        for token in ["{", "\"events\"", ":"] {
            rest = rest.drop(while: isSpace)
            guard rest.starts(with: token.utf8) else { return nil }
            rest = rest.dropFirst(token.utf8.count)
        }
        rest = rest.drop(while: isSpace)
        return rest.first == UInt8(ascii: "[") ? rest.startIndex : nil
    }

    /// The end of the array in a body that ends with `]}`.
    private static func closingBracket(_ bytes: [UInt8], _ range: Range<Int>) throws(Rejection) -> Int {
        let text = bytes[range]
        guard let brace = text.lastIndex(where: { !isSpace($0) }), bytes[brace] == UInt8(ascii: "}"),
            let bracket = text[..<brace].lastIndex(where: { !isSpace($0) }), bytes[bracket] == UInt8(ascii: "]")
        else { throw .invalidJSON }
        return bracket + 1
    }

    /// Each line that is not blank, when at least one of them is a JSON object.
    private static func lines(_ bytes: [UInt8], _ range: Range<Int>) throws(Rejection) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var hasObject = false
        for line in bytes[range].split(separator: 0x0A) where !line.allSatisfy(isSpace) {
            guard places.count <= Limits.batchEventsMax else { break }
            places.append(line.startIndex..<line.endIndex)
            hasObject = hasObject || isObject(bytes, line.startIndex..<line.endIndex)
        }
        guard hasObject else { throw .invalidJSON }
        return places
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
