import Testing

@testable import Reports

/// Which hours count as gaps, by the same hours of the weeks before.
@Suite struct TrafficGapsTests {
    private static let week = 7 * 24
    private static let start: Int64 = 1_795_392_000

    /// Five weeks with the same page views in each hour, of which the last one is checked.
    private func counts(_ value: Int64 = 10) -> [Int64] { Array(repeating: value, count: 5 * Self.week) }

    private func gaps(_ counts: [Int64], known: Int64 = start) -> TrafficGaps {
        TrafficGaps(
            counts: counts,
            start: Self.start,
            checked: Self.start + 4 * Int64(Self.week) * TrafficGaps.hour,
            known: known
        )
    }

    @Test func `an hour without a page view is a gap if the same hours of the weeks before have enough`() {
        var counts = counts()
        counts[4 * Self.week + 30] = 0
        let found = gaps(counts)
        let time = Self.start + Int64(4 * Self.week + 30) * TrafficGaps.hour
        #expect(found.gaps == [TrafficGaps.Gap(from: time, to: time + TrafficGaps.hour, expected: 10)])
        #expect(found.hoursChecked == Int64(Self.week))
        #expect(found.open == nil)
    }

    @Test func `consecutive hours are one gap, which is open if it reaches to the end`() {
        var counts = counts()
        for hour in 1...3 { counts[counts.count - hour] = 0 }
        let found = gaps(counts)
        #expect(found.gaps.count == 1)
        #expect(found.open?.expected == 30)
        #expect(found.open.map { $0.to - $0.from } == 3 * TrafficGaps.hour)
    }

    @Test(arguments: [0, 1, 9]) func `hours that normally have few page views are not checked`(usual: Int64) {
        var counts = counts(usual)
        counts[4 * Self.week + 3] = 0
        #expect(gaps(counts).hoursChecked == 0)
        #expect(gaps(counts).gaps.isEmpty)
    }

    @Test func `an hour that was already without page views in one of the weeks is not checked`() {
        var counts = counts()
        counts[2 * Self.week + 5] = 0
        counts[4 * Self.week + 5] = 0
        #expect(gaps(counts).gaps.isEmpty)
        #expect(gaps(counts).hoursChecked == Int64(Self.week) - 1)
    }

    @Test func `two known weeks are enough, one is not`() {
        var counts = counts()
        counts[4 * Self.week + 5] = 0
        let week = Int64(Self.week) * TrafficGaps.hour
        #expect(gaps(counts, known: Self.start + 2 * week).gaps.count == 1)
        #expect(gaps(counts, known: Self.start + 3 * week).hoursChecked == 0)
    }
}
