import JSON
import Numbers

/// A JSON value of a validated payload, parsed on demand.
///
/// The members of an object are located when it is created; their values are parsed when accessed.
package struct LazyJSON: Sendable {
    /// Limit of members or elements of one value; the rest is ignored.
    package static let valuesMax = 20_000
    /// Magnitude from which a number is ignored as implausible.
    package static let numberMax = 1e15

    private let bytes: [UInt8]
    private let kind: JSONKind
    private let range: Range<Int>
    private let hasEscapes: Bool
    private let known: [JSONMember]

    package static let null = LazyJSON([], JSONKind.null, 0..<0, false)

    package init(_ text: String) {
        let bytes = Array(text.utf8)
        let kind: JSONKind =
            switch bytes.first(where: { $0 > 0x20 }) {
            case UInt8(ascii: "{"): .object
            case UInt8(ascii: "["): .array
            default: .null
            }
        self.init(bytes, kind, 0..<bytes.count, false)
    }

    private init(_ bytes: [UInt8], _ value: JSONValue) {
        self.init(bytes, value.kind, value.kind == .string ? value.content : value.range, value.hasEscapes)
    }

    private init(_ bytes: [UInt8], _ kind: JSONKind, _ range: Range<Int>, _ hasEscapes: Bool) {
        self.bytes = bytes
        self.kind = kind
        self.range = range
        self.hasEscapes = hasEscapes
        known = kind == .object ? Self.members(bytes, range) : []
    }

    private static func members(_ bytes: [UInt8], _ range: Range<Int>) -> [JSONMember] {
        var members: [JSONMember] = []
        do {
            var cursor = try ObjectCursor(bytes.span, in: range)
            while members.count < valuesMax, let member = try cursor.next(bytes.span) { members.append(member) }
        } catch {
            // Invalid JSON has no members.
            return []
        }
        return members
    }

    private static func string(_ bytes: [UInt8], _ content: Range<Int>, _ hasEscapes: Bool) -> String {
        String(decoding: hasEscapes ? bytes.unescaped(content) : bytes[content], as: UTF8.self)
    }

    /// The member with this name; the last one wins, and escapes in names are resolved.
    package subscript(name: String) -> LazyJSON {
        for member in known.reversed() where member.nameHasEscapes || member.name.count == name.utf8.count {
            let own = member.nameHasEscapes ? bytes.unescaped(member.name) : bytes[member.name]
            if own.elementsEqual(name.utf8) { return LazyJSON(bytes, member.value) }
        }
        return .null
    }

    package var text: String? { kind == .string ? Self.string(bytes, range, hasEscapes) : nil }
    package var isNumber: Bool { kind == .number }
    package var isTrue: Bool { kind == .true }
    package var isNull: Bool { kind == .null }

    /// The text of a number, true or false; that of a number does not depend on its notation, which PostgreSQL does not keep.
    package var literal: String? {
        switch kind {
        case .number:
            let sent = String(decoding: bytes[range], as: UTF8.self)
            return DecimalNumber(sent)?.text ?? sent
        case .true, .false: return String(decoding: bytes[range], as: UTF8.self)
        case .null, .string, .array, .object: return nil
        }
    }

    package var elements: [LazyJSON] {
        guard kind == .array else { return [] }
        var elements: [LazyJSON] = []
        do {
            var cursor = try ArrayCursor(bytes.span, in: range)
            while elements.count < Self.valuesMax, let element = try cursor.next(bytes.span) {
                elements.append(LazyJSON(bytes, element))
            }
        } catch {
            return []
        }
        return elements
    }

    /// Names and values of an object's members in document order.
    package var members: [(name: String, value: LazyJSON)] {
        known.map { (Self.string(bytes, $0.name, $0.nameHasEscapes), LazyJSON(bytes, $0.value)) }
    }

    /// The number; nil for other kinds, and for magnitudes of `numberMax` and above.
    package var number: Double? {
        guard kind == .number else { return nil }
        let number = Double(String(decoding: bytes[range], as: UTF8.self))
        return number.flatMap { $0.magnitude < Self.numberMax ? $0 : nil }
    }
}

extension [UInt8] {
    /// The content of a JSON string with escapes resolved.
    package func unescaped(_ content: Range<Int>) -> ArraySlice<UInt8> {
        var own = Array(self[content])
        let count = own.count
        appendUnescaped(0..<count, to: &own)
        return own[count...]
    }
}
