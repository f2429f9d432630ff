/// A pattern of the operator `matches`: `*` stands for any characters but `/`, `**` for any characters.
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

    /// Whether the whole text matches; in time linear in both lengths, whatever the pattern is.
    func matches(_ text: String) -> Bool {
        var states = closed([0])
        for byte in text.utf8 {
            var next: [Int] = []
            for state in states where state < tokens.count {
                switch tokens[state] {
                case .byte(let wanted): if wanted == byte { append(state + 1, to: &next) }
                case .segment: if byte != UInt8(ascii: "/") { append(state, to: &next) }
                case .anything: append(state, to: &next)
                }
            }
            guard !next.isEmpty else { return false }
            states = closed(next)
        }
        return states.last == tokens.count
    }

    /// States are ascending, each once.
    private func append(_ state: Int, to states: inout [Int]) {
        if states.last.map({ $0 < state }) ?? true { states.append(state) }
    }

    /// With the states behind wildcards that match nothing.
    private func closed(_ states: [Int]) -> [Int] {
        var result: [Int] = []
        for start in states {
            var state = start
            append(state, to: &result)
            while state < tokens.count, tokens[state] == .segment || tokens[state] == .anything {
                state += 1
                append(state, to: &result)
            }
        }
        return result
    }
}
