import Sketches

/// Figures that panels share, out of sums of cells.
enum Figures {
    /// Upper bounds of "good" and of "needs improvement" (web.dev/vitals); milliseconds, of CLS a score.
    static func thresholds(_ metric: Metric) -> (good: Double, fair: Double) {
        switch metric {
        case .lcp: (2500, 4000)
        case .inp: (200, 500)
        case .cls: (0.1, 0.25)
        case .fcp: (1800, 3000)
        case .ttfb: (800, 1800)
        case .duration: (500, 1000)
        }
    }

    static func value(_ value: Double?, _ metric: Metric) -> JSONOut { JSONOut(value, digits: metric == .cls ? 3 : 0) }

    /// What a tile, a bucket of a series, or a row of a ranking says.
    static func of(_ sum: Sum, metrics: [Metric] = [.lcp, .inp, .cls]) -> [(String, JSONOut)] {
        let counters = sum.counters
        // A part of the events has parts of sessions only.
        let isWhole = sum.weight == 1
        let bounceRate = isWhole && counters.sessions > 0 ? Double(counters.bounces) / Double(counters.sessions) : nil
        let engaged =
            counters.engagements > 0
            ? Double(counters.engagedMilliseconds) / Double(counters.engagements) : nil
        return [
            ("visitors", .integer(sum.visitors)), ("sessions", isWhole ? .integer(counters.sessions) : .null),
            ("views", .integer(counters.views)), ("events", .integer(counters.events)),
            ("errors", .integer(counters.errors)), ("bounce_rate", JSONOut(bounceRate, digits: 4)),
            ("engaged_ms", JSONOut(engaged, digits: 0)),
        ] + metrics.map { ("\($0.rawValue)_p75", value(sum.histogram($0).quantile(0.75), $0)) }
    }

    /// What a row says of numbers that add up.
    static func counts(_ sum: Sum) -> [(String, JSONOut)] {
        [
            ("sessions", .integer(sum.counters.sessions)), ("views", .integer(sum.counters.views)),
            ("events", .integer(sum.counters.events)), ("errors", .integer(sum.counters.errors)),
        ]
    }

    /// Percentiles, shares by rating, and how many values there are.
    static func of(_ histogram: LogHistogram, _ metric: Metric) -> JSONOut {
        let count = histogram.count
        let (good, fair) = thresholds(metric)
        let (upToGood, upToFair) = (histogram.count(upTo: good), histogram.count(upTo: fair))
        func share(_ part: Int) -> JSONOut { JSONOut(count > 0 ? Double(part) / Double(count) : nil, digits: 4) }
        return .object([
            ("count", .integer(Int64(count))), ("p50", value(histogram.quantile(0.5), metric)),
            ("p75", value(histogram.quantile(0.75), metric)), ("p95", value(histogram.quantile(0.95), metric)),
            ("good", share(upToGood)), ("needs_improvement", share(upToFair - upToGood)),
            ("poor", share(count - upToFair)),
        ])
    }

    static func of(_ sample: Sample?) -> JSONOut {
        sample.map { .object([("share", JSONOut($0.share, digits: 4)), ("events", .integer($0.events))]) } ?? .null
    }
}
