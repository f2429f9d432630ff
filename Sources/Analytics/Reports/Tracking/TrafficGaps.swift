/// Hours without a page view in which there normally are some.
///
/// An hour is compared with the same hour of the same weekday in the four weeks before it. It is a gap if all of these hours that are known
/// have page views, `expectedMin` on average, and it has none. By chance, that happens in 1 of 20,000 hours that have that many.
package struct TrafficGaps: Equatable, Sendable {
    package static let hour: Int64 = 3600
    /// The weeks with which an hour is compared, and the fewest that must be known.
    package static let weeks: Int64 = 4
    static let weeksMin = 2
    /// The fewest page views that an hour normally has to be checked.
    static let expectedMin = 10.0
    /// The most days that are checked, the latest ones.
    package static let daysMax: Int64 = 31
    static let hoursPerWeek = 7 * 24

    /// Consecutive hours without a page view.
    package struct Gap: Equatable, Sendable {
        /// Seconds since 1970: `from` is inclusive, `to` exclusive.
        package var from: Int64
        package var to: Int64
        /// The page views that these hours have on average.
        package var expected: Double
    }

    /// In order of time.
    package private(set) var gaps: [Gap] = []
    /// The number of hours that normally have enough page views to be checked.
    package private(set) var hoursChecked: Int64 = 0
    /// The end of the last hour of the counts.
    private var end: Int64 = 0

    /// Finds the gaps in page views of consecutive whole hours from `start` on, of which those from `checked` on are checked.
    ///
    /// Times are in seconds since 1970. Hours before `known`, the time of the first page view, count as unknown.
    package init(counts: [Int64], start: Int64, checked: Int64, known: Int64) {
        end = start + Int64(counts.count) * Self.hour
        for (index, count) in counts.enumerated() {
            let time = start + Int64(index) * Self.hour
            guard time >= checked, let expected = Self.expected(counts, index, start: start, known: known) else {
                continue
            }
            hoursChecked += 1
            guard count == 0 else { continue }
            if let last = gaps.last, last.to == time {
                gaps[gaps.count - 1].to += Self.hour
                gaps[gaps.count - 1].expected += expected
            } else {
                gaps.append(Gap(from: time, to: time + Self.hour, expected: expected))
            }
        }
    }

    /// The page views that an hour normally has; nil if that is unknown or too few.
    private static func expected(_ counts: [Int64], _ index: Int, start: Int64, known: Int64) -> Double? {
        let earlier = (1...Int(weeks)).map { index - $0 * hoursPerWeek }
            .filter { $0 >= 0 && start + Int64($0) * hour >= known }
            .map { counts[$0] }
        guard earlier.count >= weeksMin, earlier.allSatisfy({ $0 > 0 }) else { return nil }
        let mean = Double(earlier.reduce(0, +)) / Double(earlier.count)
        return mean >= expectedMin ? mean : nil
    }

    /// The gap that reaches to the end of the counts; nil if there is none.
    package var open: Gap? { gaps.last.flatMap { $0.to == end ? $0 : nil } }
}
