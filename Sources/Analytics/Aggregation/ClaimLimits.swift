import Segments

/// A number that senders report and that figures are computed from, with the range in which it is plausible.
///
/// A number outside of its range stays in the payload, counts in no figure, and is counted as an invalid value.
/// The raw value is the name of the member that holds it, with the object before it where the name alone would not say which.
enum Claim: String, CaseIterable, Sendable, Hashable {
    case engagement = "engagedMs"
    case scrollDepth
    case errorCount = "count"
    case lcp = "LCP"
    case inp = "INP"
    case cls = "CLS"
    case fcp = "FCP"
    case ttfb = "TTFB"
    case resourceDuration = "resource.duration"
    case resourceBytes = "resource.bytes"
    case attribution = "attribution"
    case frameLine = "frames.line"
    case frameColumn = "frames.column"

    var range: ClosedRange<Double> {
        switch self {
        case .engagement: ClaimLimits.engagementMilliseconds
        case .scrollDepth: ClaimLimits.scrollPercent
        case .errorCount: ClaimLimits.errorCount
        case .lcp, .inp, .fcp, .ttfb, .attribution: ClaimLimits.vitalMilliseconds
        case .cls: ClaimLimits.layoutShiftScore
        case .resourceDuration: ClaimLimits.resourceMilliseconds
        case .resourceBytes: ClaimLimits.resourceBytes
        case .frameLine: ClaimLimits.frameLine
        case .frameColumn: ClaimLimits.frameColumn
        }
    }

    static func of(_ vital: Vital) -> Claim {
        switch vital {
        case .lcp: .lcp
        case .inp: .inp
        case .cls: .cls
        case .fcp: .fcp
        case .ttfb: .ttfb
        }
    }
}

/// The ranges of numbers that senders report.
package enum ClaimLimits {
    /// Time that a page view was in front of somebody, milliseconds: up to one day.
    static let engagementMilliseconds = 0.0...86_400_000
    /// Part of the page that was scrolled to, percent.
    static let scrollPercent = 0.0...100
    /// Times that one error event stands for.
    static let errorCount = 1.0...10_000
    /// LCP, INP, FCP, TTFB and their parts, milliseconds: up to ten minutes.
    static let vitalMilliseconds = 0.0...600_000
    /// Score of CLS: a frame scores 1 at most, and a window of shifts lasts five seconds.
    static let layoutShiftScore = 0.0...300
    /// Time that one resource or all of one host took, milliseconds: up to one hour.
    static let resourceMilliseconds = 0.0...3_600_000
    /// Bytes of one resource or all of one host: up to 10 GB.
    static let resourceBytes = 0.0...10_000_000_000
    /// Line of a stack frame.
    static let frameLine = 0.0...10_000_000
    /// Column of a stack frame: files of minified code are one line.
    static let frameColumn = 0.0...1_000_000_000
    /// Events that one page view may report as emitted; a delivery report beyond it counts in no figure.
    package static let emittedEventsMax: Int64 = 100_000
}

/// What a payload holds in place of a number.
enum ClaimedNumber: Equatable {
    /// Nothing, or a value that is no number.
    case missing
    case valid(Double)
    case outOfRange

    /// A `number` of nil was too large to be a number of anything.
    init(_ number: Double?, _ claim: Claim) {
        self = if let number, claim.range.contains(number) { .valid(number) } else { .outOfRange }
    }
}

extension LazyJSON {
    /// The number, judged by the range of what it claims to be.
    func claimed(_ claim: Claim) -> ClaimedNumber {
        isNumber ? ClaimedNumber(number, claim) : .missing
    }

    /// The number when it lies within the range of what it claims to be.
    func value(_ claim: Claim) -> Double? {
        guard case .valid(let number) = claimed(claim) else { return nil }
        return number
    }
}
