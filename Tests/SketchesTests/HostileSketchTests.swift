import Testing

@testable import Sketches

/// Sketches that no values of ours have made: chosen by senders, or damaged in the store.
@Suite struct HostileSketchTests {
    @Test func `registers that are all full make the largest estimate`() throws {
        let full = [2] + [UInt8](repeating: UInt8(HyperLogLog.rankMax), count: HyperLogLog.registersCount)
        var sketch = try #require(HyperLogLog(encoded: full))
        #expect(sketch.estimate == Double(Int64.sumMax))
        #expect(sketch.count == .sumMax)
        sketch.merge(sketch)
        #expect(sketch.count == .sumMax)
    }

    @Test func `whatever bytes are a sketch have an estimate`() {
        var random = SplitMix(state: 7)
        for round in 0..<2000 {
            var bytes = (0..<Int(random.next() % 60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if round % 2 == 0 { bytes = [2] + (0..<2048).map { _ in UInt8(random.next() % 55) } }
            if !bytes.isEmpty, round % 4 == 1 { bytes[0] = 1 }
            guard let sketch = HyperLogLog(encoded: bytes) else { continue }
            #expect((0...Int64.sumMax).contains(sketch.count))
            #expect(HyperLogLog(encoded: sketch.encoded) == sketch)
        }
    }

    @Test func `counts of a histogram saturate`() throws {
        var writer = VarintWriter()
        writer.append(byte: 1)
        writer.append(Int.sumMax)
        for _ in 0..<50 {
            writer.append(0)
            writer.append(Int.sumMax)
        }
        var histogram = try #require(LogHistogram(encoded: writer.bytes))
        for _ in 0..<3000 { histogram.merge(histogram) }
        histogram.add(0)
        histogram.add(1e-4 * 1.01)
        #expect(histogram.count == .sumMax)
        #expect(histogram.count(upTo: .infinity) == .sumMax)
        for share in [0, 0.5, 0.99, 1, .infinity, -.infinity] { #expect(histogram.quantile(share) != nil) }
        #expect(LogHistogram(encoded: histogram.encoded) == histogram)
        histogram.subtract(histogram)
        #expect(histogram.isEmpty)
    }

    @Test func `a histogram with more values than can be counted is none`() {
        var writer = VarintWriter()
        writer.append(byte: 1)
        writer.append(Int.sumMax + 1)
        #expect(LogHistogram(encoded: writer.bytes) == nil)
        writer = VarintWriter()
        writer.append(byte: 1)
        for value in [0, 5, Int.max] { writer.append(value) }
        #expect(LogHistogram(encoded: writer.bytes) == nil)
    }
}
