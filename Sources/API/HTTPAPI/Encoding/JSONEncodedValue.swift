import JSON
import Numbers

/// A value that a response contains as JSON.
protocol JSONRepresentable {
    var json: JSONEncodedValue { get }
}

/// A JSON value in a response; its text is the same for equal numbers of either store.
package enum JSONEncodedValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    /// JSON text as it was stored.
    case stored(String)
    case array([JSONEncodedValue])
    case object([(String, JSONEncodedValue)])

    package static func == (one: JSONEncodedValue, other: JSONEncodedValue) -> Bool { one.encoded == other.encoded }

    init(_ text: String?) { self = text.map { .text($0) } ?? .null }

    init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }

    /// A number rounded to some digits after the point; nil, NaN and numbers from 1e15 on become null.
    package init(_ number: Double?, digits: Int = 1) {
        guard let number, number.isFinite, number.magnitude < 1e15 else {
            self = .null
            return
        }
        let scale = [1.0, 10, 100, 1000, 10_000][min(max(digits, 0), 4)]
        self = .number((number * scale).rounded() / scale)
    }

    /// An array of the JSON of the values.
    init(_ values: some Sequence<some JSONRepresentable>) { self = .array(values.map(\.json)) }

    /// A share from 0 to 1; null when `count` is 0.
    static func share(_ part: Int64, of count: Int64) -> JSONEncodedValue {
        JSONEncodedValue(count > 0 ? Double(part) / Double(count) : nil, digits: 4)
    }

    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += Array("null".utf8)
        case .bool(let value): bytes += Array((value ? "true" : "false").utf8)
        case .integer(let value): bytes += Array(String(value).utf8)
        case .number(let value):
            let whole = value.rounded()
            let isWhole = whole == value && value.magnitude < 1e15
            bytes += Array((isWhole ? String(Int64(saturating: whole)) : "\(value)").utf8)
        case .text(let text): appendQuoted(text, to: &bytes)
        case .stored(let text): bytes += text.isEmpty ? Array("null".utf8) : Array(text.utf8)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                appendQuoted(member.0, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.1.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONEncodedValue: JSONRepresentable {
    var json: JSONEncodedValue { self }
}
