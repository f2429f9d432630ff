/// Maps the times of a segment's rows to the buckets of a query.
struct BucketFinder {
    /// Maximum number of edges for which every row is compared with every edge: branch-free and fastest.
    static let comparedMax = 6

    private let edges: [Int64]
    private let base: Int64
    /// First and last offset of the range in seconds since the start of the segment; `low > high` when it is empty.
    private let low: Int64
    private let high: Int64
    /// Buckets that overlap both the range and the segment.
    let buckets: ClosedRange<Int>
    private var last = 0
    private var lastLow: Int64 = 0
    private var lastHigh: Int64 = 0

    init(_ query: ScanQuery, _ info: SegmentInfo) {
        (edges, base) = (query.edges, info.firstTime)
        // Times of segments are never negative, so nothing overflows.
        let (from, to) = (max(0, query.from), max(0, query.to))
        (low, high) = (max(0, from - base), min(info.lastTime - base, to - 1 - base))
        let first = Self.bucket(max(base, from), query.edges)
        buckets = first...max(first, Self.bucket(min(info.lastTime, max(base, to - 1)), query.edges))
    }

    /// Whether the range contains the whole segment.
    func isWhole(_ info: SegmentInfo) -> Bool { low == 0 && high == info.lastTime - base }

    @inline(__always) func isInRange(_ offset: UInt32) -> Bool { Int64(offset) >= low && Int64(offset) <= high }

    private static func bucket(_ time: Int64, _ edges: [Int64]) -> Int {
        var (from, to) = (0, edges.count)
        while to - from > 1 {
            let middle = (from + to) / 2
            if edges[middle] <= time { from = middle } else { to = middle }
        }
        return from
    }

    /// Returns the bucket of a time; fast when it is the same as for the previous time.
    mutating func bucket(_ offset: UInt32) -> Int {
        let time = Int64(offset) + base
        if time >= lastLow, time < lastHigh { return last }
        last = Self.bucket(time, edges)
        lastLow = last == 0 ? .min : edges[last]
        lastHigh = last + 1 < edges.count ? edges[last + 1] : .max
        return last
    }

    /// Clears the mask of rows outside of the range.
    func mark(_ mask: RowBuffer<UInt8>, _ times: RowBuffer<UInt32>, _ count: Int) {
        guard high >= low, low <= Int64(UInt32.max) else { return mask.fill(count, 0) }
        let (low, span) = (UInt32(low), UInt32(clamping: high - low))
        for row in 0..<count { mask[row: row] &= times[row: row] &- low <= span ? 1 : 0 }
    }

    /// Writes the bucket of each row; the values of rows outside of the range are unspecified.
    mutating func write(_ target: RowBuffer<UInt16>, _ times: RowBuffer<UInt32>, _ count: Int) {
        target.fill(count, UInt16(buckets.lowerBound))
        guard buckets.count > 1 else { return }
        guard buckets.count <= Self.comparedMax else { return writeByMinute(target, times, count) }
        for bucket in buckets.dropFirst() {
            // Above the start of the segment and not beyond its end, so that it fits.
            let edge = UInt32(clamping: edges[bucket] - base)
            for row in 0..<count { target[row: row] &+= times[row: row] >= edge ? 1 : 0 }
        }
    }

    /// Writes buckets by a lookup table of the segment's minutes, as all edges within it are whole minutes.
    private mutating func writeByMinute(_ target: RowBuffer<UInt16>, _ times: RowBuffer<UInt32>, _ count: Int) {
        let (seconds, first) = (UInt32(base % 60), base / 60)
        let minutes = (low + base) / 60 - first...(high + base) / 60 - first
        let isMinute = edges[buckets].dropFirst().allSatisfy { $0 % 60 == 0 }
        guard isMinute, minutes.upperBound < Int64(RowBuffer<UInt16>.capacity) else {
            for row in 0..<count { target[row: row] = UInt16(bucket(times[row: row])) }
            return
        }
        var table = [UInt16](repeating: 0, count: Int(minutes.upperBound) + 1)
        var bucket = buckets.lowerBound
        for minute in minutes {
            while bucket < buckets.upperBound, edges[bucket + 1] <= (first + minute) * 60 { bucket += 1 }
            table[Int(minute)] = UInt16(bucket)
        }
        // Rows outside of the range get a bucket that is never read.
        let last = UInt32(minutes.upperBound)
        for row in 0..<count {
            // Divide first: the sum might overflow.
            let time = times[row: row]
            let minute = time / 60 &+ (time % 60 &+ seconds) / 60
            target[row: row] = table[Int(min(minute, last))]
        }
    }
}
