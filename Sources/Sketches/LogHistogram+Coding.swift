extension LogHistogram {
    /// First byte of the form that is written.
    private static let version: UInt8 = 1

    /// The histogram as bytes that `init(encoded:)` reads: some 100 for the times of a page.
    ///
    /// The version, the number of zeros, then for each bucket that is not empty how many empty ones are before it (from the lowest index
    /// on), and its count.
    package var encoded: [UInt8] {
        var writer = VarintWriter()
        writer.append(byte: Self.version)
        writer.append(zeros)
        var next = Self.indices.lowerBound
        for (place, count) in counts.enumerated() where count > 0 {
            writer.append(first + place - next)
            writer.append(count)
            next = first + place + 1
        }
        return writer.bytes
    }

    /// Reads what was written; nil when the bytes are no histogram.
    package init?(encoded: [UInt8]) {
        var reader = VarintReader(encoded[...])
        guard reader.byte() == Self.version, let zeros = reader.value() else { return nil }
        var first = 0
        var counts: [Int] = []
        var next = Self.indices.lowerBound
        while !reader.isAtEnd {
            guard let gap = reader.value(), let count = reader.value(), count > 0 else { return nil }
            guard gap <= Self.indices.upperBound - next else { return nil }
            if counts.isEmpty { first = next + gap } else { counts.append(contentsOf: repeatElement(0, count: gap)) }
            counts.append(count)
            next += gap + 1
        }
        // More values than a histogram can count have not been written by one.
        guard zeros <= Int.sumMax, counts.allSatisfy({ $0 <= Int.sumMax }) else { return nil }
        self.init(zeros: zeros, first: first, counts: counts)
    }
}
