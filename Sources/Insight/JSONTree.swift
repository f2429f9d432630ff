import JSONScan

/// A JSON value taken apart, for payloads that were validated when they came in.
enum JSONTree: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    /// Values within one payload; what follows is left out.
    static let valuesMax = 20_000

    init(_ text: String) {
        var left = Self.valuesMax
        let bytes = Array(text.utf8)
        self = Self.parse(bytes, 0..<bytes.count, &left)
    }

    private static func parse(_ bytes: [UInt8], _ range: Range<Int>, _ left: inout Int) -> JSONTree {
        guard left > 0, let first = bytes[range].first(where: { $0 > 0x20 }) else { return .null }
        left -= 1
        do {
            switch first {
            case UInt8(ascii: "{"):
                var members: [String: JSONTree] = [:]
                var cursor = try ObjectCursor(bytes.span, in: range)
                while left > 0, let member = try cursor.next(bytes.span) {
                    members[string(bytes, member.name, member.nameHasEscapes)] = value(bytes, member.value, &left)
                }
                return .object(members)
            case UInt8(ascii: "["):
                var elements: [JSONTree] = []
                var cursor = try ArrayCursor(bytes.span, in: range)
                while left > 0, let element = try cursor.next(bytes.span) {
                    elements.append(value(bytes, element, &left))
                }
                return .array(elements)
            default:
                return .null
            }
        } catch {
            return .null
        }
    }

    private static func value(_ bytes: [UInt8], _ value: JSONValue, _ left: inout Int) -> JSONTree {
        switch value.kind {
        case .null: .null
        case .true: .bool(true)
        case .false: .bool(false)
        case .number: Double(String(decoding: bytes[value.range], as: UTF8.self)).map { .number($0) } ?? .null
        case .string: .string(string(bytes, value.content, value.hasEscapes))
        case .array, .object: parse(bytes, value.range, &left)
        }
    }

    private static func string(_ bytes: [UInt8], _ content: Range<Int>, _ hasEscapes: Bool) -> String {
        guard hasEscapes else { return String(decoding: bytes[content], as: UTF8.self) }
        var own = Array(bytes[content])
        let count = own.count
        appendUnescaped(0..<count, to: &own)
        return String(decoding: own[count...], as: UTF8.self)
    }

    subscript(name: String) -> JSONTree {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    var text: String? { if case .string(let text) = self { text } else { nil } }
    var elements: [JSONTree] { if case .array(let elements) = self { elements } else { [] } }
    var members: [String: JSONTree] { if case .object(let members) = self { members } else { [:] } }
    var isTrue: Bool { self == .bool(true) }

    /// A number, unless it is so large that it says nothing.
    var number: Double? {
        if case .number(let number) = self, number.magnitude < 1e15 { number } else { nil }
    }
}
