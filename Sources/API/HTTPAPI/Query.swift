/// The query of an address, decoded.
struct Query {
    private let values: [(name: String, value: String)]

    /// Names and values of one query, at most.
    static let valuesMax = 40

    init(_ text: String?) {
        let parts = (text ?? "").split(separator: "&").prefix(Self.valuesMax)
        values = parts.map { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(pair[0]), pair.count == 2 ? Self.decoded(pair[1]) : "")
        }
    }

    /// The first value of a name; nil when there is none or it is empty.
    subscript(name: String) -> String? {
        let value = values.first { $0.name == name }?.value
        return value?.isEmpty == false ? value : nil
    }

    var names: [String] { values.map(\.name) }

    /// Takes the percent coding off; what is none is left as it is.
    private static func decoded(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = digit(bytes[at + 1]),
                let low = digit(bytes[at + 2])
            {
                result.append(high << 4 | low)
                at += 3
            } else {
                result.append(bytes[at] == UInt8(ascii: "+") ? 0x20 : bytes[at])
                at += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}

/// A parameter that cannot be understood.
struct QueryError: Error {
    let message: String
}
