import JSON

/// An event's payload, read member by member in one pass over its bytes.
///
/// Consistent with `LazyJSON`: the last of several members with one name counts, and invalid JSON has no members.
struct Payload {
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    var range: Range<Int> { bytes.indices }

    /// The next member of an object; nil at the end and after a syntax error.
    func next(_ members: inout PayloadMembers) -> JSONMember? {
        guard !members.isDamaged else { return nil }
        do {
            if let cursor = members.cursor { return try advance(cursor, &members) }
            return try advance(ObjectCursor(bytes.span, in: members.range), &members)
        } catch {
            members.isDamaged = true
            return nil
        }
    }

    private func advance(_ cursor: ObjectCursor, _ members: inout PayloadMembers) throws(JSONError) -> JSONMember? {
        var cursor = cursor
        let member = try cursor.next(bytes.span)
        members.cursor = cursor
        return member
    }

    /// The first elements of an array; empty for other kinds.
    func elements(_ value: JSONValue, max: Int) -> [JSONValue] {
        guard value.kind == .array else { return [] }
        var elements: [JSONValue] = []
        do {
            var cursor = try ArrayCursor(bytes.span, in: value.range)
            while elements.count < max, let element = try cursor.next(bytes.span) { elements.append(element) }
        } catch {
            return []
        }
        return elements
    }

    /// Whether a member has this name, with escapes resolved: PostgreSQL stores names without escapes.
    func has(_ member: JSONMember, _ name: StaticString) -> Bool {
        guard !member.nameHasEscapes else { return hasEscaped(member.name, "\(name)") }
        guard member.name.count == name.utf8CodeUnitCount else { return false }
        let start = member.name.lowerBound
        for index in 0..<member.name.count where bytes[start + index] != name.utf8Start[index] { return false }
        return true
    }

    /// Maximum length in bytes of an escape sequence for one character.
    private static let escapeBytesMax = 6

    private func hasEscaped(_ range: Range<Int>, _ name: String) -> Bool {
        // The length rules out most names.
        guard range.count > name.utf8.count, range.count <= name.utf8.count * Self.escapeBytesMax else { return false }
        return bytes.unescaped(range).elementsEqual(name.utf8)
    }

    /// The longest name in bytes that is read as a text.
    private static let nameBytesMax = 64

    /// The name of a member as a text; nil for a long one.
    func name(_ member: JSONMember) -> String? {
        guard member.name.count <= Self.nameBytesMax else { return nil }
        guard member.nameHasEscapes else { return String(decoding: bytes[member.name], as: UTF8.self) }
        return String(decoding: bytes.unescaped(member.name), as: UTF8.self)
    }

    /// The value of a string; nil for other kinds.
    func text(_ value: JSONValue) -> String? {
        guard value.kind == .string else { return nil }
        guard value.hasEscapes else { return String(decoding: bytes[value.content], as: UTF8.self) }
        return String(decoding: bytes.unescaped(value.content), as: UTF8.self)
    }

    /// The number; nil for other kinds, and for magnitudes of `LazyJSON.numberMax` and above.
    func number(_ value: JSONValue) -> Double? {
        guard value.kind == .number else { return nil }
        let number = plain(value.range) ?? Double(String(decoding: bytes[value.range], as: UTF8.self))
        return number.flatMap { $0.magnitude < LazyJSON.numberMax ? $0 : nil }
    }

    /// The digits of a number, or the text of a string; nil for other kinds.
    func decimalText(_ value: JSONValue) -> String? {
        value.kind == .number ? String(decoding: bytes[value.range], as: UTF8.self) : text(value)
    }

    /// The value validated against the range of a field.
    func checked(_ value: JSONValue, _ field: NumberField) -> CheckedNumber {
        value.kind == .number ? CheckedNumber(number(value), field) : .missing
    }

    /// Copies a value into a `LazyJSON`.
    func tree(_ value: JSONValue) -> LazyJSON { LazyJSON(String(decoding: bytes[value.range], as: UTF8.self)) }

    /// Limits for exact conversion: digits of an integer that a Double represents exactly, and exact powers of ten.
    private static let digitsMax = 15
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]

    /// Fast path for numbers with few digits and no exponent: dividing two exact numbers rounds only once.
    private func plain(_ range: Range<Int>) -> Double? {
        var (whole, digits, fraction): (Int64, Int, Int) = (0, 0, 0)
        var isFraction = false
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        for byte in bytes[range].dropFirst(isNegative ? 1 : 0) {
            if byte == UInt8(ascii: ".") {
                isFraction = true
                continue
            }
            guard (0x30...0x39).contains(byte), digits < Self.digitsMax else { return nil }
            whole = whole * 10 + Int64(byte - 0x30)
            digits += 1
            if isFraction { fraction += 1 }
        }
        let number = Double(whole) / Self.powers[fraction]
        return isNegative ? -number : number
    }
}

/// Iteration state over the members of an object.
struct PayloadMembers {
    fileprivate let range: Range<Int>
    fileprivate var cursor: ObjectCursor?
    /// Whether the object is invalid JSON; members read before the error must be discarded.
    fileprivate(set) var isDamaged = false

    init(_ range: Range<Int>) { self.range = range }
}
