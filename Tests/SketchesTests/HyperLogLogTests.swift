import Testing

@testable import Sketches

private func sketch(_ numbers: Range<UInt64>) -> HyperLogLog {
    var sketch = HyperLogLog()
    for number in numbers {
        // The generator's mixing step makes a good hash of its state.
        var mixer = SplitMix(state: number &* 0xD129_1D5C_1A7B_3F05)
        sketch.add(hash: mixer.next())
    }
    return sketch
}

@Suite struct HyperLogLogTests {
    @Test func `estimates are as near as the stated error says, for few things and for many`() {
        for size in [1, 10, 100, 700, 5_000, 40_000, 300_000] as [UInt64] {
            let rounds = UInt64(size > 10_000 ? 8 : 40)
            let errors = (0..<rounds).map { round in
                sketch(round * 1_000_000..<round * 1_000_000 + size).estimate / Double(size) - 1
            }
            let root = (errors.map { $0 * $0 }.reduce(0, +) / Double(rounds)).squareRoot()
            #expect(root <= 1.5 * HyperLogLog.standardError, "\(size) things: \(root)")
            // Of a few things one may hide behind another.
            let largest = max(4 * HyperLogLog.standardError, 1.1 / Double(size))
            #expect(errors.allSatisfy { abs($0) <= largest }, "\(size) things: \(errors)")
        }
        #expect(HyperLogLog().estimate == 0)
        #expect(sketch(0..<1).estimate.rounded() == 1)
    }

    @Test func `what is seen twice counts once`() {
        var twice = sketch(0..<3000)
        twice.merge(sketch(0..<3000))
        #expect(twice == sketch(0..<3000))
    }

    @Test(
        arguments: [(100, 50, 300), (400, 300, 700), (10, 0, 3000), (4000, 0, 3000), (0, 0, 10)]
            as [(UInt64, UInt64, UInt64)]
    )
    func `parts merge into the whole, whichever form they have`(left: UInt64, from: UInt64, to: UInt64) {
        for (first, second) in [(sketch(0..<left), sketch(from..<to)), (sketch(from..<to), sketch(0..<left))] {
            var sum = first
            sum.merge(second)
            #expect(sum.estimate == sketch(min(from, left > 0 ? 0 : from)..<max(left, to)).estimate)
        }
    }

    @Test func `what was written is read again`() {
        for size in [0, 1, 300, 511, 600, 900, 100_000] as [UInt64] {
            let one = sketch(0..<size)
            #expect(HyperLogLog(encoded: one.encoded) == one)
            #expect(one.encoded.count <= 2049)
        }
    }

    @Test func `the rarest hashes have a place`() {
        var one = HyperLogLog()
        one.add(hash: 0)
        one.add(hash: .max)
        #expect(one.estimate.rounded() == 2)
        #expect(HyperLogLog(encoded: one.encoded) == one)
    }

    @Test func `bytes that are no sketch are none`() {
        for bytes in [
            [], [3], [1, 0], [1, 0, 0], [1, 0, 55], [1, 0x80, 0x10, 1], [2], [2] + [UInt8](repeating: 0, count: 2047),
        ] {
            #expect(HyperLogLog(encoded: bytes) == nil)
        }
        #expect(HyperLogLog(encoded: [2] + [UInt8](repeating: 55, count: 2048)) == nil)
        #expect(HyperLogLog(encoded: [2] + [UInt8](repeating: 54, count: 2048)) != nil)
    }
}
