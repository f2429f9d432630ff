/// Random numbers that a seed repeats: SplitMix64.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
        // Neighboring seeds must not give one sequence shifted.
        state = next() ^ (next() << 1)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// An integer of a range, both ends included.
    mutating func number(_ from: Int, _ to: Int) -> Int { Int.random(in: from...to, using: &self) }

    mutating func chance(_ percent: Int) -> Bool { number(1, 100) <= percent }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0, values.count - 1)] }

    /// Up to `max` of the values, each once, at least one where there is one.
    mutating func some<Value>(_ values: [Value], max: Int) -> [Value] {
        Array(values.shuffled(using: &self).prefix(number(1, max)))
    }
}
