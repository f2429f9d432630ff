extension HyperLogLog {
    /// First byte of the two forms.
    private static let sparseForm: UInt8 = 1
    private static let fullForm: UInt8 = 2

    /// The sketch as bytes that `init(encoded:)` reads: two or three for each of the first 512 things, then 2,049.
    package var encoded: [UInt8] {
        guard registers.isEmpty else { return [Self.fullForm] + registers }
        var writer = VarintWriter()
        writer.append(byte: Self.sparseForm)
        var next = 0
        for entry in sparse {
            writer.append(Int(entry >> 8) - next)
            writer.append(byte: UInt8(truncatingIfNeeded: entry))
            next = Int(entry >> 8) + 1
        }
        return writer.bytes
    }

    /// Reads what was written; nil when the bytes are no sketch.
    package init?(encoded: [UInt8]) {
        self.init()
        var reader = VarintReader(encoded[...])
        switch reader.byte() {
        case Self.fullForm:
            guard encoded.count == Self.registersCount + 1 else { return nil }
            guard encoded.dropFirst().allSatisfy({ $0 <= Self.rankMax }) else { return nil }
            self.init(registers: Array(encoded.dropFirst()))
        case Self.sparseForm:
            var next = 0
            while !reader.isAtEnd {
                guard let gap = reader.value(), let rank = reader.byte() else { return nil }
                guard gap < Self.registersCount - next, (1...Self.rankMax).contains(Int(rank)) else { return nil }
                raise(next + gap, to: rank)
                next += gap + 1
            }
        default:
            return nil
        }
    }
}
