import JSON

/// Reads the known fields of a JSON object in a record's buffer.
///
/// Fields are ranges of the buffer; only strings with escapes are copied, to its end. For duplicate
/// names the last value counts, as in PostgreSQL's `jsonb`.
struct FieldReader {
    private(set) var bytes: [UInt8]
    private var values: [JSONValue?]
    /// The first text error in an unknown field or in a name.
    private(set) var unknownError: ValidationError?

    /// Scans the whole object.
    ///
    /// - Throws: `.invalidJSON` when the text is not one JSON object, or `.invalid` for a field
    ///   that is nested too deeply.
    init(_ bytes: consuming [UInt8], body: Range<Int>, fields: [StaticString]) throws(ValidationError) {
        self.bytes = bytes
        values = Array(repeating: nil, count: fields.count)
        var cursor: ObjectCursor
        do { cursor = try ObjectCursor(self.bytes.span, in: body) } catch { throw .invalidJSON }
        while let member = try next(&cursor) {
            if let index = index(of: member, in: fields) {
                values[index] = member.value
            } else if unknownError == nil, let textError = member.value.textError ?? member.nameError {
                let field = member.nameError == nil ? describe(member.name) : "a field name"
                unknownError = .invalid(field: field, problem: .textError(textError))
            }
        }
    }

    private func next(_ cursor: inout ObjectCursor) throws(ValidationError) -> JSONMember? {
        do {
            return try cursor.next(bytes.span)
        } catch {
            switch error {
            case .syntax: throw .invalidJSON
            case .tooDeep: throw .invalid(field: cursor.name.map(describe) ?? "body", problem: .tooDeep)
            }
        }
    }

    /// The value of a field by its index in `fields`; nil when absent or null.
    func value(_ index: Int) -> JSONValue? {
        guard let value = values[index], value.kind != .null else { return nil }
        return value
    }

    /// Sets a field that the object does not have, or that is null, to a text, as if the object contained it.
    mutating func inherit(_ text: some Collection<UInt8>, _ index: Int) {
        guard value(index) == nil else { return }
        let start = bytes.count
        // The range of a string value includes its quotes. The text between them is not scanned again.
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\""))
        values[index] = JSONValue(plainString: start..<bytes.count)
    }

    /// The text of a string or the spelling of a number; nil for other types.
    ///
    /// May append to the buffer.
    mutating func text(_ value: JSONValue) -> Slice? {
        guard value.kind == .string || value.kind == .number else { return nil }
        guard value.kind == .string, value.hasEscapes else {
            return Slice(start: value.content.lowerBound, count: value.content.count)
        }
        let start = bytes.count
        appendUnescaped(value.content, to: &bytes)
        return Slice(start: start, count: bytes.count - start)
    }

    /// The JSON text of a value, byte for byte except for long numbers, which become strings.
    ///
    /// A database would write such numbers out without their exponent. May append to the buffer.
    mutating func json(_ value: JSONValue) -> Slice {
        guard value.hasLongNumbers else { return Slice(start: value.range.lowerBound, count: value.range.count) }
        let start = bytes.count
        appendQuotingLongNumbers(value.range, to: &bytes)
        return Slice(start: start, count: bytes.count - start)
    }

    /// Appends bytes that are not part of the body, such as a hash.
    mutating func append(_ extra: some Collection<UInt8>) -> Slice {
        let start = bytes.count
        bytes.append(contentsOf: extra)
        return Slice(start: start, count: bytes.count - start)
    }

    private func index(of member: JSONMember, in fields: [StaticString]) -> Int? {
        if member.nameHasEscapes {
            guard member.nameError == nil else { return nil }
            var copy = Array(bytes[member.name])
            let count = copy.count
            appendUnescaped(0..<count, to: &copy)
            return fields.firstIndex { matches(copy.span, count..<copy.count, $0) }
        }
        return fields.firstIndex { matches(bytes.span, member.name, $0) }
    }

    private func describe(_ name: Range<Int>) -> String {
        String(decoding: bytes[name].prefix(Limits.namedFieldBytesMax), as: UTF8.self)
    }
}

@inline(__always)
private func matches(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: StaticString) -> Bool {
    guard range.count == name.utf8CodeUnitCount else { return false }
    for index in 0..<range.count where bytes[range.lowerBound &+ index] != name.utf8Start[index] { return false }
    return true
}
