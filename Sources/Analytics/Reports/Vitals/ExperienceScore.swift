package import Segments

/// One number from 0 to 100 for what page views felt like.
///
/// Each vital has points: the share of good values plus half the share of values that need improvement, as in Apdex.
/// The score is the mean of the points by weight. Vitals without a value are left out.
package struct ExperienceScore: Sendable, Equatable {
    /// Weights in percent.
    ///
    /// Time to first byte is a part of the two paints, so it has no weight of its own.
    package static let weights: [(vital: Vital, percent: Int64)] = [(.lcp, 30), (.inp, 30), (.cls, 25), (.fcp, 15)]

    /// Nil when no vital with a weight has a value.
    package let value: Double?
    /// The number of values of the vital that has the fewest of those that count.
    package let count: Int64

    /// - Parameter vitals: by `Vital.rawValue`; missing ones have no values.
    init(_ vitals: [VitalSummary?]) {
        var (points, sum, fewest) = (0.0, Int64(0), Int64.max)
        for (vital, percent) in Self.weights {
            guard vital.rawValue < vitals.count, let summary = vitals[vital.rawValue], summary.count > 0
            else { continue }
            let share = (Double(summary.good) + Double(summary.needsImprovement) / 2) / Double(summary.count)
            points += share * 100 * Double(percent)
            sum += percent
            fewest = min(fewest, summary.count)
        }
        value = sum > 0 ? points / Double(sum) : nil
        count = sum > 0 ? fewest : 0
    }
}
