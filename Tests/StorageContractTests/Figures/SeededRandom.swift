import TestSupport

/// Random values that a seed repeats.
struct SeededRandom: RandomNumberGenerator {
    private var generator: SplitMix64

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
        // Neighboring seeds must not give one sequence shifted.
        generator = SplitMix64(seed: next() ^ (next() << 1))
    }

    mutating func next() -> UInt64 { generator.next() }

    /// An integer of a range, both ends included.
    mutating func number(_ from: Int, _ to: Int) -> Int { Int.random(in: from...to, using: &self) }

    mutating func chance(_ percent: Int) -> Bool { number(1, 100) <= percent }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0, values.count - 1)] }

    /// Up to `max` of the values, each once, at least one where there is one.
    mutating func some<Value>(_ values: [Value], max: Int) -> [Value] {
        Array(values.shuffled(using: &self).prefix(number(1, max)))
    }
}
