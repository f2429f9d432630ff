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

    /// Bytes of a pattern, and wildcards in it, at most.
    static let bytesMax = 200
    static let wildcardsMax = 8

    var wildcards: Int { tokens.count { $0 == .segment || $0 == .anything } }

    /// Whether the whole text matches; `steps` grows by the work, which is at most the product of both lengths.
    func matches(_ text: String, steps: inout Int) -> Bool {
        var (states, next): ([Int], [Int]) = ([], [])
        add(0, to: &states)
        for byte in text.utf8 {
            next.removeAll(keepingCapacity: true)
            steps += states.count
            for state in states where state < tokens.count {
                switch tokens[state] {
                case .byte(let wanted): if wanted == byte { add(state + 1, to: &next) }
                case .segment: if byte != UInt8(ascii: "/") { add(state, to: &next) }
                case .anything: add(state, to: &next)
                }
            }
            guard !next.isEmpty else { return false }
            swap(&states, &next)
        }
        return states.last == tokens.count
    }

    /// Adds a state and those behind wildcards that match nothing; states are ascending, each once.
    private func add(_ state: Int, to states: inout [Int]) {
        var state = state
        while states.last.map({ $0 < state }) ?? true {
            states.append(state)
            guard state < tokens.count, tokens[state] == .segment || tokens[state] == .anything else { return }
            state += 1
        }
    }
}
