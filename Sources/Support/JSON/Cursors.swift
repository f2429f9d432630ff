/// An iterator over the members of a JSON text that is a single object.
///
/// It validates the text while it advances: a text is valid JSON only after `next` has returned
/// nil. The span is passed to each call, because a type that stores a span cannot outlive it.
package struct ObjectCursor {
    private var at: Int
    private let end: Int
    private var isFirst = true
    private var isDone = false
    /// The name of the current member, for error messages about its value; nil before the first.
    package private(set) var name: Range<Int>?

    /// Positions the cursor at the start of the object.
    ///
    /// - Throws: `.syntax` when the text does not start with an object.
    package init(_ bytes: Span<UInt8>, in range: Range<Int>) throws(JSONError) {
        at = range.lowerBound
        end = range.upperBound
        skipSpace(bytes, &at, end)
        guard at < end, bytes[at] == UInt8(ascii: "{") else { throw .syntax }
        at += 1
    }

    /// Returns the next member, or nil after the last one, when only white space follows.
    package mutating func next(_ bytes: Span<UInt8>) throws(JSONError) -> JSONMember? {
        guard !isDone else { return nil }
        guard try advance(bytes, &at, end, closer: UInt8(ascii: "}"), isFirst: isFirst) else {
            isDone = true
            return nil
        }
        isFirst = false
        let nameStart = at + 1
        var nameNotes = Notes()
        guard at < end, bytes[at] == UInt8(ascii: "\"") else { throw .syntax }
        at += 1
        try scanString(bytes, &at, end, &nameNotes)
        let nameRange = nameStart..<at - 1
        name = nameRange
        skipSpace(bytes, &at, end)
        guard at < end, bytes[at] == UInt8(ascii: ":") else { throw .syntax }
        at += 1
        skipSpace(bytes, &at, end)
        let value = try takeValue(bytes, &at, end, room: JSONLimits.depthMax - 1)
        return JSONMember(
            name: nameRange,
            nameHasEscapes: nameNotes.hasEscapes,
            nameError: nameNotes.textError,
            value: value
        )
    }
}

/// An iterator over the elements of a JSON text that is a single array.
///
/// It validates the text while it advances.
package struct ArrayCursor {
    private var at: Int
    private let end: Int
    private var isFirst = true
    private var isDone = false

    /// Positions the cursor at the start of the array.
    ///
    /// - Throws: `.syntax` when the text does not start with an array.
    package init(_ bytes: Span<UInt8>, in range: Range<Int>) throws(JSONError) {
        at = range.lowerBound
        end = range.upperBound
        skipSpace(bytes, &at, end)
        guard at < end, bytes[at] == UInt8(ascii: "[") else { throw .syntax }
        at += 1
    }

    /// Returns the next element, or nil after the last one, when only white space follows.
    ///
    /// An element that is nested too deeply is skipped by its brackets and returned with the text error
    /// `.depth`, so that the following elements can be read. Scanning that element by itself throws `.tooDeep`.
    package mutating func next(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue? {
        guard !isDone else { return nil }
        guard try advance(bytes, &at, end, closer: UInt8(ascii: "]"), isFirst: isFirst) else {
            isDone = true
            return nil
        }
        isFirst = false
        let start = at
        do {
            return try takeValue(bytes, &at, end, room: JSONLimits.depthMax)
        } catch {
            guard error == .tooDeep else { throw error }
            at = start
            try skipBrackets(bytes, &at, end)
            let kind: JSONKind = bytes[start] == UInt8(ascii: "{") ? .object : .array
            return JSONValue(kind: kind, range: start..<at, hasEscapes: false, textError: .depth)
        }
    }
}

/// Skips a container of any depth by counting brackets outside of strings.
private func skipBrackets(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) throws(JSONError) {
    var depth = 0
    var notes = Notes()
    while at < end {
        switch bytes[at] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: "\""):
            at += 1
            try scanString(bytes, &at, end, &notes)
            continue
        default: break
        }
        at += 1
        if depth == 0 { return }
    }
    throw .syntax
}

/// Advances to the next item of the outermost container.
///
/// - Returns: False when the container and the text end here.
private func advance(
    _ bytes: Span<UInt8>,
    _ at: inout Int,
    _ end: Int,
    closer: UInt8,
    isFirst: Bool
) throws(JSONError) -> Bool {
    skipSpace(bytes, &at, end)
    guard at < end else { throw .syntax }
    if bytes[at] == closer {
        at += 1
        skipSpace(bytes, &at, end)
        guard at == end else { throw .syntax }
        return false
    }
    if isFirst { return true }
    guard bytes[at] == UInt8(ascii: ",") else { throw .syntax }
    at += 1
    skipSpace(bytes, &at, end)
    return true
}

private func takeValue(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, room: Int) throws(JSONError) -> JSONValue {
    var notes = Notes()
    let start = at
    let kind = try scanValue(bytes, &at, end, room: room, &notes)
    return JSONValue(
        kind: kind,
        range: start..<at,
        hasEscapes: notes.hasEscapes,
        textError: notes.textError,
        hasLongNumbers: notes.hasLongNumbers
    )
}
