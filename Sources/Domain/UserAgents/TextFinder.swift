/// Finds which of many texts occur in another text, in one pass, with an Aho-Corasick automaton.
///
/// ASCII letters match in either case.
struct TextFinder {
    /// The symbol of each byte that occurs in the texts; 0 for all other bytes.
    private var symbols = [UInt8](repeating: 0, count: 256)
    private var symbolCount = 1
    /// The next state by state and symbol.
    private var next: [UInt16] = []
    /// The text that ends at a state, and the longest other state where a text ends: a chain of all texts that end there.
    private var ends: [Int32] = [-1]
    private var shorter: [UInt16] = [0]

    /// - Parameter texts: In lower case, each once.
    init(_ texts: [[UInt8]]) {
        for byte in texts.joined() where symbols[Int(byte)] == 0 {
            symbols[Int(byte)] = UInt8(symbolCount)
            symbolCount += 1
        }
        for upper in UInt8(ascii: "A")...UInt8(ascii: "Z") { symbols[Int(upper)] = symbols[Int(upper | 0x20)] }
        next = Array(repeating: 0, count: symbolCount)
        for (index, text) in texts.enumerated() { insert(text, Int32(index)) }
        link()
    }

    private mutating func insert(_ text: [UInt8], _ index: Int32) {
        var state = 0
        for byte in text {
            let slot = state * symbolCount + Int(symbols[Int(byte)])
            if next[slot] == 0 {
                precondition(ends.count <= Int(UInt16.max), "the rules have too many texts")
                next[slot] = UInt16(ends.count)
                ends.append(-1)
                shorter.append(0)
                next += Array(repeating: 0, count: symbolCount)
            }
            state = Int(next[slot])
        }
        ends[state] = index
    }

    /// Completes the transitions: where a text cannot continue, its longest suffix that begins a text does.
    private mutating func link() {
        var fallbacks = [UInt16](repeating: 0, count: ends.count)
        var queue = next.prefix(symbolCount).filter { $0 != 0 }
        var index = 0
        while index < queue.count {
            let state = Int(queue[index])
            let fallback = Int(fallbacks[state])
            shorter[state] = ends[fallback] >= 0 ? UInt16(fallback) : shorter[fallback]
            for symbol in 0..<symbolCount {
                let other = next[fallback * symbolCount + symbol]
                let child = next[state * symbolCount + symbol]
                if child == 0 {
                    next[state * symbolCount + symbol] = other
                } else {
                    fallbacks[Int(child)] = other
                    queue.append(child)
                }
            }
            index += 1
        }
    }

    /// Calls the body with the index of each occurring text, once for each occurrence.
    func forEach(in bytes: [UInt8], _ body: (Int) -> Void) {
        var state = 0
        for byte in bytes {
            state = Int(next[state * symbolCount + Int(symbols[Int(byte)])])
            var end = ends[state] >= 0 ? state : Int(shorter[state])
            while end != 0 {
                body(Int(ends[end]))
                end = Int(shorter[end])
            }
        }
    }
}
