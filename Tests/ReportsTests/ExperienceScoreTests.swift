import Segments
import Testing

@testable import Reports

@Suite struct `The experience score` {
    private static func summary(good: Int64, needsImprovement: Int64 = 0, poor: Int64 = 0) -> VitalSummary {
        var summary = VitalSummary()
        (summary.good, summary.needsImprovement, summary.poor) = (good, needsImprovement, poor)
        summary.count = good + needsImprovement + poor
        return summary
    }

    @Test func `the weights are percent of a whole`() {
        #expect(ExperienceScore.weights.reduce(0) { $0 + $1.percent } == 100)
    }

    @Test func `good values have all points, and those that need improvement half of them`() {
        let good = Self.summary(good: 100)
        #expect(ExperienceScore([good, good, good, good, good]).value == 100)
        let poor = Self.summary(good: 0, poor: 7)
        #expect(ExperienceScore([poor, poor, poor, poor, poor]).value == 0)
        let mixed = Self.summary(good: 50, needsImprovement: 30, poor: 20)
        // LCP 65 points of 30 %, all others 100 points.
        #expect(ExperienceScore([mixed, good, good, good, nil]) == ExperienceScore([mixed, good, good, good, poor]))
        #expect(ExperienceScore([mixed, good, good, good, good]).value == 89.5)
    }

    @Test func `vitals without a value do not count, and the count is that of the rarest one`() {
        let (lcp, inp) = (Self.summary(good: 1, poor: 1), Self.summary(good: 40))
        let both = ExperienceScore([lcp, inp, VitalSummary(), nil, inp])
        #expect(both.value == 75 && both.count == 2)
        for none in [[], [nil, nil, nil, nil, inp]] as [[VitalSummary?]] {
            #expect(ExperienceScore(none).value == nil && ExperienceScore(none).count == 0)
        }
    }
}
