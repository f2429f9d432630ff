import Glibc
import Testing

@testable import Sketches

/// Values as a site sees them: log-normal, from a seed.
func logNormal(_ count: Int, median: Double, spread: Double, seed: UInt64) -> [Double] {
    var random = SplitMix(state: seed)
    return (0..<count).map { _ in
        let (first, second) = (random.unit(), random.unit())
        return median * exp(spread * (-2 * log(first)).squareRoot() * cos(2 * .pi * second))
    }
}

/// A generator that gives the same numbers for the same seed (SplitMix64: Steele, Lea and Flood, 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Above 0, up to 1.
    mutating func unit() -> Double { Double(next() >> 11 + 1) / Double(1 << 53) }
}

private func histogram(_ values: some Sequence<Double>) -> LogHistogram {
    var histogram = LogHistogram()
    for value in values { histogram.add(value) }
    return histogram
}

private let shares = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

@Suite struct LogHistogramTests {
    @Test(arguments: [(1800.0, 0.8), (0.05, 1.5), (120, 2), (3, 0.01)])
    func `every quantile is within the stated error of the value with its rank`(median: Double, spread: Double) throws {
        let values = logNormal(20_000, median: median, spread: spread, seed: 1)
        let (sketch, sorted) = (histogram(values), values.sorted())
        for share in shares {
            let exact = sorted[Int(share * Double(sorted.count - 1))]
            let error = try abs(#require(sketch.quantile(share)) - exact) / exact
            #expect(error <= LogHistogram.relativeErrorMax + 1e-9, "at \(share) of \(median): \(error)")
        }
        #expect(LogHistogram.relativeErrorMax <= 0.025)
    }

    @Test func `parts add up to the whole, in any order`() {
        let values = logNormal(3000, median: 90, spread: 2, seed: 2) + [0, 0, 1e-9]
        var parts = [values[..<10], values[10..<2000], values[2000...]].map(histogram)
        var sum = parts.removeLast()
        for part in parts { sum.merge(part) }
        sum.merge(LogHistogram())
        #expect(sum == histogram(values))
        #expect(sum.count == values.count)
    }

    @Test func `zeros, negative numbers and numbers beyond the range have a place, what is no number has none`() {
        let sketch = histogram([0, -5, 1e-300, .infinity, 1e300, .nan])
        #expect(sketch.count == 5)
        #expect(sketch.quantile(0.5) == 0)
        let largest = sketch.quantile(1) ?? 0
        #expect(abs(largest - LogHistogram.valueMax) / LogHistogram.valueMax <= LogHistogram.relativeErrorMax)
        #expect(LogHistogram(encoded: sketch.encoded) == sketch)
    }

    @Test func `without values there is no quantile`() {
        #expect(LogHistogram().quantile(0.5) == nil)
        #expect(LogHistogram().isEmpty)
        #expect(LogHistogram().count == 0)
    }

    @Test func `values up to a bound are counted, but for those of one bucket`() {
        let values = (1...1000).map(Double.init)
        let sketch = histogram(values)
        for bound in [0.5, 10, 200, 500, 999] {
            let within = { (factor: Double) in values.count { $0 <= bound * factor } }
            #expect((within(1 / 1.05)...within(1.05)).contains(sketch.count(upTo: bound)))
        }
        #expect(sketch.count(upTo: -1) == 0)
        #expect(sketch.buckets.map(\.count).reduce(0, +) == 1000)
        #expect(sketch.buckets.map(\.upperBound) == sketch.buckets.map(\.upperBound).sorted())
    }

    @Test func `what was written is read again, and is small`() {
        for values in [[], [0], [1e-4], [1e9], logNormal(100_000, median: 1800, spread: 0.8, seed: 3)] {
            let sketch = histogram(values)
            #expect(LogHistogram(encoded: sketch.encoded) == sketch)
            #expect(sketch.encoded.count < 600)
        }
    }

    @Test func `bytes that are no histogram are none, and those that end early never are the whole`() {
        let whole = histogram([0, 1, 2, 900])
        let cut = (0..<whole.encoded.count).map { LogHistogram(encoded: Array(whole.encoded[..<$0])) }
        #expect(cut[...1].allSatisfy { $0 == nil })
        #expect(cut.contains { $0 == nil } && cut.allSatisfy { $0?.count ?? 0 < whole.count })
        let tooFar = [1, 0] + [UInt8](repeating: 0xFF, count: 8) + [0x7F, 1]
        let overflow =
            [1] + [UInt8](repeating: 0xFF, count: 8) + [0x7F, 0] + [UInt8](repeating: 0xFF, count: 8) + [0x7F]
        for bytes in [[], [2, 0], [1, 0, 5, 0], tooFar, overflow, [UInt8](repeating: 0xFF, count: 40)] {
            #expect(LogHistogram(encoded: bytes) == nil)
        }
        var random = SplitMix(state: 4)
        for _ in 0..<2000 {
            // Nothing but the answer matters: it must come.
            _ = LogHistogram(encoded: [1] + (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }
}
