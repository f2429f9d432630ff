import Reports
import Segments
import Testing

@Suite struct `A confidence interval` {
    /// The ranks of the median are those of published tables of the sign test; all were computed with exact fractions in Python:
    /// `sum(comb(n, k) * p**k * (1 - p)**(n - k) for k in …)` with `fractions.Fraction`.
    @Test(
        arguments: [
            (0.5, 5, nil, nil), (0.5, 6, 1, 6), (0.5, 10, 2, 9), (0.5, 20, 6, 15), (0.5, 50, 18, 33),
            (0.5, 100, 40, 61),
            (0.5, 1000, 469, 532), (0.75, 1, nil, nil), (0.75, 8, 3, nil), (0.75, 12, 6, nil), (0.75, 13, 7, 13),
            (0.75, 20, 11, 19), (0.75, 100, 66, 84), (0.75, 500, 356, 395), (0.75, 1000, 723, 778), (0.9, 35, 28, nil),
            (0.9, 36, 29, 36), (0.9, 500, 436, 464), (0.95, 72, 64, 72), (0.95, 73, 65, 73), (0.95, 500, 465, 485),
        ] as [(Double, Int, Int?, Int?)]
    )
    func `of a percentile has the ranks of the binomial distribution`(
        share: Double,
        count: Int,
        lower: Int?,
        upper: Int?
    ) {
        let ranks = ConfidenceInterval.ranks(share, of: count)
        #expect(ranks.lower == lower)
        #expect(ranks.upper == upper)
    }

    @Test func `of no values is unknown`() {
        #expect(ConfidenceInterval.percentile(RankedValues(exact: []), 0.75) == .unknown)
        #expect(ConfidenceInterval.share(0, of: 0) == .unknown)
        #expect(ConfidenceInterval.rate(0, squares: 0, per: 0) == .unknown)
    }

    @Test(arguments: [1_000_000, 100_000_000], BudgetMetric.Percentile.allCases)
    func `of a percentile of many values is close to the normal approximation`(
        count: Int,
        percentile: BudgetMetric.Percentile
    ) throws {
        let share = percentile.share
        let (lower, upper) = ConfidenceInterval.ranks(share, of: count)
        let (middle, width) = (share * Double(count), 1.96 * (share * (1 - share) * Double(count)).squareRoot())
        #expect(abs(Double(try #require(lower)) - (middle - width)) < 3)
        #expect(abs(Double(try #require(upper)) - (middle + width)) < 3)
    }

    @Test func `of a percentile has values of the sample`() {
        // The 66th and 84th of 100 values, in any order.
        let values = RankedValues(exact: (1...100).map { Float($0 * 37 % 101) })
        #expect(ConfidenceInterval.percentile(values, 0.75) == ConfidenceInterval(lower: 66, upper: 84))
    }

    /// Newcombe, Two-sided confidence intervals for the single proportion (1998), table I, method 3.
    @Test(
        arguments: [
            (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718),
            (29, 29, 0.8830, 1.0000),
        ] as [(Int64, Int64, Double, Double)]
    )
    func `of a share is Wilson's`(part: Int64, count: Int64, lower: Double, upper: Double) throws {
        let interval = ConfidenceInterval.share(part, of: count)
        #expect(abs(try #require(interval.lower) - lower) < 0.00005)
        #expect(abs(try #require(interval.upper) - upper) < 0.00005)
    }

    /// Newcombe, Interval estimation for the difference between independent proportions (1998), table II, method 10.
    @Test(
        arguments: [
            (56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090), (6, 7, 2, 7, 0.0582, 0.8062),
            (5, 56, 0, 29, -0.0381, 0.1926), (0, 10, 0, 20, -0.1611, 0.2775), (0, 10, 0, 10, -0.2775, 0.2775),
            (10, 10, 0, 20, 0.6791, 1.0000), (10, 10, 0, 10, 0.6075, 1.0000),
        ] as [(Int64, Int64, Int64, Int64, Double, Double)]
    )
    func `of a difference is that of Newcombe`(
        one: Int64,
        ofOne: Int64,
        other: Int64,
        ofOther: Int64,
        lower: Double,
        upper: Double
    ) throws {
        let interval = ConfidenceInterval.difference(
            (Double(one) / Double(ofOne), .share(one, of: ofOne)),
            (Double(other) / Double(ofOther), .share(other, of: ofOther))
        )
        #expect(abs(try #require(interval.lower) - lower) < 0.00005)
        #expect(abs(try #require(interval.upper) - upper) < 0.00005)
    }

    @Test func `of a difference has no limit where those of the figures have none`() {
        let unlimited = ConfidenceInterval(lower: 1, upper: nil)
        let interval = ConfidenceInterval.difference((2, unlimited), (1, ConfidenceInterval(lower: 0.5, upper: 1.5)))
        #expect(interval.lower != nil && interval.upper == nil)
    }

    /// Computed in Python: `(g + z*z/2 ± z*sqrt(g + z*z/4)) * s / n` with `s = max(1, squares / events)` and `g = events / s`.
    @Test(
        arguments: [
            (0, 0, 100, 0, 0.038415), (10, 10, 1000, 0.005432, 0.018409), (100, 100, 100, 0.822272, 1.216143),
            (60, 360, 1000, 0.032592, 0.110457), (3000, 9_000_000, 1000, 0.529574, 16.994803),
        ] as [(Int64, Double, Int64, Double, Double)]
    )
    func `of a rate is wider if events come together`(
        events: Int64,
        squares: Double,
        count: Int64,
        lower: Double,
        upper: Double
    ) throws {
        let interval = ConfidenceInterval.rate(events, squares: squares, per: count)
        #expect(abs(try #require(interval.lower) - lower) < 0.000001)
        #expect(abs(try #require(interval.upper) - upper) < 0.000001)
    }

    @Test(arguments: [(0, 1), (1, 1), (7, 9), (1, 1_000_000_000), (999_999_999, 1_000_000_000)] as [(Int64, Int64)])
    func `contains the value`(part: Int64, count: Int64) throws {
        let value = Double(part) / Double(count)
        for interval in [ConfidenceInterval.share(part, of: count), .rate(part, squares: Double(part), per: count)] {
            #expect(try #require(interval.lower) <= value && value <= #require(interval.upper))
        }
    }
}
