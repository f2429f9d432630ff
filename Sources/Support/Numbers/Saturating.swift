/// Saturating conversions and sums, for numbers from untrusted sources.
///
/// They neither trap nor wrap.
///
/// No other file of `Numbers`, `Aggregation`, `Rollups` and `Reports` converts a floating-point number to
/// an integer without these functions, which a test checks.
extension FixedWidthInteger {
    /// The nearest representable integer, rounded toward zero; 0 for NaN.
    @inlinable
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
    /// The largest magnitude of a sum: 2^53 − 1, the largest integer up to which `Double`, and so
    /// every JSON parser, represents all integers exactly.
    ///
    /// The sum of two such values always fits into 64 bits, so that a database can add before it compares.
    package static var sumMax: Self { Self(clamping: (Int64(1) << 53) - 1) }

    /// Adds a number, clamping the result to `-sumMax...sumMax`.
    package mutating func add(saturating other: Self) {
        let (sum, isOverflow) = addingReportingOverflow(other)
        guard isOverflow else {
            self = Swift.min(Self.sumMax, Swift.max(-Self.sumMax, sum))
            return
        }
        self = other < 0 ? -Self.sumMax : Self.sumMax
    }

    /// The sum of two numbers, clamped to `-sumMax...sumMax`.
    package func adding(saturating other: Self) -> Self {
        var sum = self
        sum.add(saturating: other)
        return sum
    }
}
