import Numbers
package import Segments

/// The range in which a figure lies with a confidence of 95 %, for samples that do not depend on each other.
package struct ConfidenceInterval: Sendable, Equatable {
    /// Nil when there are too few samples for a limit.
    package var lower: Double?
    package var upper: Double?

    package static let unknown = ConfidenceInterval(lower: nil, upper: nil)

    /// The probability that the figure is below the range, and that it is above.
    private static let tail = 0.025
    /// The quantile of the standard normal distribution at 1 − `tail`.
    private static let quantile = 1.959963984540054
    /// Terms of the binomial distribution below this share of the largest one are 0.
    private static let termMin = 1e-20

    package init(lower: Double?, upper: Double?) { (self.lower, self.upper) = (lower, upper) }

    // MARK: - Percentiles

    /// The interval of a percentile by order statistics, which assumes nothing about the distribution of the values.
    package static func percentile(_ values: RankedValues, _ share: Double) -> ConfidenceInterval {
        let (lower, upper) = ranks(share, of: values.count)
        return ConfidenceInterval(
            lower: lower.map { values.value($0 - 1) },
            upper: upper.map { values.value($0 - 1) }
        )
    }

    /// The ranks, from 1, between whose values a percentile lies; nil for those that a sample of this size does not have.
    ///
    /// The number of values up to the percentile has a binomial distribution. At most 2.5 % of its probability is below the lower
    /// rank, and at most 2.5 % at the upper rank and above.
    package static func ranks(_ share: Double, of count: Int) -> (lower: Int?, upper: Int?) {
        guard count > 0 else { return (nil, nil) }
        let (first, terms) = binomialTerms(share, count)
        let total = terms.reduce(0, +)
        var sum = 0.0
        var (lower, upper): (Int?, Int?) = (first > 0 ? first : nil, nil)
        for (offset, term) in terms.enumerated() {
            sum += term
            // The probability of at most `first + offset` values, so that the next rank is the one above it.
            let rank = first + offset + 1
            if sum <= tail * total { lower = rank }
            if upper == nil, total - sum <= tail * total { upper = rank }
        }
        return (lower, upper.flatMap { $0 <= count ? $0 : nil })
    }

    /// The terms of the binomial distribution that are not 0, relative to its largest, and the number of the first.
    private static func binomialTerms(_ share: Double, _ count: Int) -> (first: Int, terms: [Double]) {
        let odds = share / (1 - share)
        let mode = min(count, Int(saturating: Double(count + 1) * share))
        var below: [Double] = []
        var (term, number) = (1.0, mode)
        while number > 0, term >= termMin {
            term *= Double(number) / (Double(count - number + 1) * odds)
            below.append(term)
            number -= 1
        }
        var terms = Array(below.reversed())
        terms.append(1)
        (term, number) = (1, mode)
        while number < count, term >= termMin {
            term *= Double(count - number) / Double(number + 1) * odds
            terms.append(term)
            number += 1
        }
        return (mode - below.count, terms)
    }

    // MARK: - Rates

    /// Wilson's score interval of a share.
    package static func share(_ part: Int64, of count: Int64) -> ConfidenceInterval {
        guard count > 0 else { return .unknown }
        let (samples, share) = (Double(count), Double(part) / Double(count))
        let square = quantile * quantile
        let center = (share + square / (2 * samples)) / (1 + square / samples)
        let variance = share * (1 - share) / samples + square / (4 * samples * samples)
        let width = quantile / (1 + square / samples) * variance.squareRoot()
        // Rounding must not exclude the value itself.
        return ConfidenceInterval(lower: min(share, max(0, center - width)), upper: max(share, min(1, center + width)))
    }

    /// Wilson's score interval for the number of events per sample, which can exceed 1.
    ///
    /// `squares` is the sum over the samples of the square of their events. Events of one sample depend on each other; so they
    /// count as fewer, larger ones.
    package static func rate(_ events: Int64, squares: Double, per count: Int64) -> ConfidenceInterval {
        guard count > 0 else { return .unknown }
        let size = events > 0 ? max(1, squares / Double(events)) : 1
        let (groups, square) = (Double(events) / size, quantile * quantile)
        let center = groups + square / 2
        let width = quantile * (groups + square / 4).squareRoot()
        let rate = Double(events) / Double(count)
        return ConfidenceInterval(
            lower: min(rate, max(0, center - width) * size / Double(count)),
            upper: max(rate, (center + width) * size / Double(count))
        )
    }

    // MARK: - Differences

    /// The interval of the difference `one − other` of two figures, by their own intervals: for shares, Newcombe's hybrid score method.
    package static func difference(
        _ one: (value: Double, interval: ConfidenceInterval),
        _ other: (value: Double, interval: ConfidenceInterval)
    ) -> ConfidenceInterval {
        let difference = one.value - other.value
        func distance(_ first: Double?, _ second: Double?) -> Double? {
            guard let first, let second else { return nil }
            return (first * first + second * second).squareRoot()
        }
        let below = distance(one.interval.lower.map { one.value - $0 }, other.interval.upper.map { $0 - other.value })
        let above = distance(one.interval.upper.map { $0 - one.value }, other.interval.lower.map { other.value - $0 })
        return ConfidenceInterval(lower: below.map { difference - $0 }, upper: above.map { difference + $0 })
    }
}
