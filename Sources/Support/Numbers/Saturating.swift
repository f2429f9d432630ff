/// Conversions and sums of numbers that senders influence. They saturate: they neither trap nor wrap.
///
/// No other file of `Numbers` and `Insight` converts a floating-point number to an integer or adds with overflow.
extension FixedWidthInteger {
    /// The nearest integer that the type can hold, with the fraction cut off; 0 for NaN.
    package init(saturating value: Double) {
        if value.isNaN {
            self = 0
        } else if value >= Double(Self.max) {
            self = .max
        } else if value <= Double(Self.min) {
            self = .min
        } else {
            self = Self(value)
        }
    }
}

extension FixedWidthInteger where Self: SignedInteger {
    /// Largest magnitude of a sum: 2^53 − 1, up to which `Double`, and so every reader of JSON, holds integers exactly.
    ///
    /// The sum of two such sums always fits into 64 bits, so that a store can add before it compares.
    package static var sumMax: Self { Self(clamping: (Int64(1) << 53) - 1) }

    /// Adds a number and stays between `-sumMax` and `sumMax`.
    package mutating func add(saturating other: Self) {
        let (sum, isOverflow) = addingReportingOverflow(other)
        guard isOverflow else {
            self = Swift.min(Self.sumMax, Swift.max(-Self.sumMax, sum))
            return
        }
        self = other < 0 ? -Self.sumMax : Self.sumMax
    }

    /// The sum of this number and another, between `-sumMax` and `sumMax`.
    package func adding(saturating other: Self) -> Self {
        var sum = self
        sum.add(saturating: other)
        return sum
    }
}
