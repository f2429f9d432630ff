import JSONScan

/// One `POST /events` body, taken apart; each event and each entry of the ledger is judged by itself afterwards.
package struct EventBatch: Equatable {
    /// Places of what claims to be an event, whether or not it is one.
    package private(set) var events: [Range<Int>] = []
    /// Places of what claims to be an entry of the ledger.
    package private(set) var ledgers: [Range<Int>] = []
    /// When the request was sent, by the sender's clock, microseconds since 1970; nil when it does not say.
    package private(set) var sentAt: Int64?

    /// Takes apart a JSON array, `{"events":[…],"ledger":[…],"sent_at":"…"}` or newline-delimited JSON.
    ///
    /// Throws `.invalidJSON` when the body is none of the three forms, `.tooManyEvents` when there are more than a request may carry, and
    /// the field at fault when what stands around the events is wrong.
    package init(parsing bytes: [UInt8], body: Range<Int>) throws(Rejection) {
        if let elements = try Self.array(bytes, body, max: Limits.batchEventsMax) {
            events = elements
        } else if try !readEnvelope(bytes, body) {
            events = try Self.lines(bytes, body)
        }
        guard events.count <= Limits.batchEventsMax else { throw .tooManyEvents }
        guard ledgers.count <= Limits.batchLedgersMax else {
            throw .invalid(field: "ledger", fault: .tooMany(max: Limits.batchLedgersMax))
        }
    }

    private static func array(_ bytes: [UInt8], _ range: Range<Int>, max: Int) throws(Rejection) -> [Range<Int>]? {
        guard let first = bytes[range].first(where: { !isSpace($0) }), first == UInt8(ascii: "[") else { return nil }
        do {
            var places: [Range<Int>] = []
            var cursor = try ArrayCursor(bytes.span, in: range)
            while let element = try cursor.next(bytes.span) {
                guard places.count <= max else { break }
                places.append(element.range)
            }
            return places
        } catch {
            throw .invalidJSON
        }
    }

    /// Reads an object that is the whole body and has a member `events`; false when it is not such an object.
    private mutating func readEnvelope(_ bytes: [UInt8], _ range: Range<Int>) throws(Rejection) -> Bool {
        var list: Range<Int>?
        var ledger: JSONValue?
        var sent: JSONValue?
        var cursor: ObjectCursor
        do { cursor = try ObjectCursor(bytes.span, in: range) } catch { return false }
        do {
            while let member = try cursor.next(bytes.span) {
                let name = bytes[member.name]
                if name.elementsEqual("events".utf8), member.value.kind == .array { list = member.value.range }
                if name.elementsEqual("ledger".utf8), member.value.kind != .null { ledger = member.value }
                if name.elementsEqual("sent_at".utf8), member.value.kind != .null { sent = member.value }
            }
        } catch {
            // One event nested too deep must not spoil the others. Anything else is no object: perhaps lines, of which each is looked
            // at by itself.
            guard case .tooDeep = error, let name = cursor.name, bytes[name].elementsEqual("events".utf8),
                let start = Self.valueStart(bytes, name.upperBound..<range.upperBound)
            else { return false }
            list = try start..<Self.closingBracket(bytes, range)
        }
        guard let list, let elements = try Self.array(bytes, list, max: Limits.batchEventsMax) else { return false }
        events = elements
        if let ledger {
            guard ledger.kind == .array else { throw .invalid(field: "ledger", fault: .notList) }
            ledgers = try Self.array(bytes, ledger.range, max: Limits.batchLedgersMax) ?? []
        }
        if let sent {
            guard sent.kind == .string, let time = ISO8601.microseconds(bytes[sent.content]) else {
                throw .invalid(field: "sent_at", fault: .notTimestamp)
            }
            sentAt = time
        }
        return true
    }

    /// Where the list begins that follows a name, from the end of the name on.
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
