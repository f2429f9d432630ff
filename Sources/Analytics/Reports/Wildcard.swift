/// A pattern of the operator `matches`: `*` matches any characters but `/`, `**` any characters.
struct Wildcard: Sendable {
    private enum Token: Equatable {
        case byte(UInt8)
        case segment
        case anything
    }

    private let tokens: [Token]

    init(_ pattern: String) {
        var tokens: [Token] = []
        var rest = Array(pattern.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "*") else {
                tokens.append(.byte(byte))
                continue
            }
            let isDouble = rest.first == UInt8(ascii: "*")
            if isDouble { rest.removeFirst() }
            tokens.append(isDouble ? .anything : .segment)
        }
        self.tokens = tokens
    }

    /// The most bytes of a pattern, and the most wildcards in it.
    static let bytesMax = 200
    static let wildcardsMax = 8

    var wildcards: Int { tokens.count { $0 == .segment || $0 == .anything } }

    /// Whether the whole text matches; adds the work to `steps`, at most the product of both lengths.
    func matches(_ text: [UInt8], steps: inout Int) -> Bool {
        // Whether the tokens so far match the bytes before each index, and the range of indices where they may.
        var live = [Bool](repeating: false, count: text.count + 1)
        live[0] = true
        var range = 0...0
        for token in tokens {
            switch token {
            case .byte(let byte):
                steps += range.count
                guard let next = Self.advance(&live, range, over: byte, text) else { return false }
                range = next
            case .segment:
                var index = range.lowerBound
                while index < text.count, index <= range.upperBound {
                    if live[index], text[index] != UInt8(ascii: "/") {
                        live[index + 1] = true
                        range = range.lowerBound...max(range.upperBound, index + 1)
                    }
                    index += 1
                }
                steps += range.count
            case .anything:
                range = range.lowerBound...text.count
                for index in range { live[index] = true }
                steps += range.count
            }
        }
        return live[text.count]
    }

    /// Advances by one byte where it is the wanted one; returns nil when it is nowhere.
    private static func advance(
        _ live: inout [Bool],
        _ range: ClosedRange<Int>,
        over byte: UInt8,
        _ text: [UInt8]
    ) -> ClosedRange<Int>? {
        var (first, last): (Int?, Int?) = (nil, nil)
        for index in range.reversed() where index < text.count {
            live[index + 1] = live[index] && text[index] == byte
            guard live[index + 1] else { continue }
            first = index + 1
            last = last ?? index + 1
        }
        live[range.lowerBound] = false
        guard let first, let last else { return nil }
        return first...last
    }
}
