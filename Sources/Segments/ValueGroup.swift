/// The values of one vital, of a range, a bucket or a row of a list.
struct ValueGroup {
    /// Codes that are kept one by one; more are counted by code.
    static let listedMax = 32_768

    private(set) var count = 0
    private var codes: [UInt16] = []
    private var bins: [UInt32] = []
    /// Filled by a second pass, when there are few values.
    var exact: [Float] = []

    var needsExact: Bool { count > 0 && count <= VitalSummary.exactCountMax }

    mutating func add(_ code: UInt16) {
        count &+= 1
        guard bins.isEmpty else {
            bins[Int(code)] &+= 1
            return
        }
        codes.append(code)
        if codes.count == Self.listedMax { (bins, codes) = (counted(), []) }
    }

    private func counted() -> [UInt32] {
        guard bins.isEmpty else { return bins }
        var bins = [UInt32](repeating: 0, count: Int(UInt16.max) + 1)
        for code in codes { bins[Int(code)] &+= 1 }
        return bins
    }

    /// - Parameter bounds: the largest good value, and the largest one that is not poor.
    func summary(_ bounds: (good: Float, fair: Float), withDistribution: Bool) -> VitalSummary {
        var summary = VitalSummary()
        summary.count = Int64(count)
        guard count > 0 else { return summary }
        let (good, fair) = (VitalCode.encode(bounds.good).code, VitalCode.encode(bounds.fair).code)
        let bins: [(code: UInt16, count: Int)] =
            needsExact
            ? codes.sorted().map { ($0, 1) }
            : counted().enumerated().lazy.filter { $0.element > 0 }.map { (UInt16($0.offset), Int($0.element)) }
        for (code, count) in bins {
            if code <= good { summary.good += Int64(count) }
            if code > good, code <= fair { summary.needsImprovement += Int64(count) }
            if code > fair { summary.poor += Int64(count) }
            guard withDistribution else { continue }
            let bound = VitalCode.upperBound(VitalCode.lastOfBin(code))
            if summary.distribution.last?.upperBound == bound {
                summary.distribution[summary.distribution.count - 1].count += Int64(count)
            } else {
                summary.distribution.append((bound, Int64(count)))
            }
        }
        let sorted = exact.sorted()
        let isExact = needsExact && sorted.count == count
        func percentile(_ share: Double) -> Double {
            let rank = share * Double(count - 1)
            let low = Int(rank)
            let value = { (rank: Int) in isExact ? Double(sorted[rank]) : Self.value(rank, bins) }
            let first = value(low)
            return low + 1 < count ? first + (value(low + 1) - first) * (rank - Double(low)) : first
        }
        (summary.p50, summary.p75, summary.p95) = (percentile(0.5), percentile(0.75), percentile(0.95))
        return summary
    }

    /// A value by its rank, at most 0.05 % away from it: evenly spread within its code.
    private static func value(_ rank: Int, _ bins: [(code: UInt16, count: Int)]) -> Double {
        var before = 0
        for (code, count) in bins {
            if rank < before + count {
                let (low, high) = (VitalCode.lowerBound(code), VitalCode.upperBound(code))
                return low + (high - low) * (Double(rank - before) + 0.5) / Double(count)
            }
            before += count
        }
        return 0
    }
}

extension Vital {
    /// The largest good value, and the largest one that is not poor.
    var bounds: (good: Float, fair: Float) {
        switch self {
        case .lcp: (2500, 4000)
        case .inp: (200, 500)
        case .cls: (100, 250)
        case .fcp: (1800, 3000)
        case .ttfb: (800, 1800)
        }
    }

    static let durationBounds: (good: Float, fair: Float) = (500, 1000)
}
