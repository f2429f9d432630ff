import Segments

/// A client-reported number that figures are computed from, with its plausible range.
///
/// A number out of range stays in the payload, is excluded from all figures, and is counted as an invalid
/// value. The raw value is the name of the payload member, qualified where the name alone is ambiguous.
enum NumberField: String, CaseIterable, Sendable, Hashable {
    case engagement = "engagedMs"
    case scrollDepth
    case errorCount = "count"
    case eventValue = "value"
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
        case .engagement: PlausibleRanges.engagementMilliseconds
        case .scrollDepth: PlausibleRanges.scrollPercent
        case .errorCount: PlausibleRanges.errorCount
        case .eventValue: PlausibleRanges.eventValue
        case .lcp, .inp, .fcp, .ttfb, .attribution: PlausibleRanges.vitalMilliseconds
        case .cls: PlausibleRanges.layoutShiftScore
        case .resourceDuration: PlausibleRanges.resourceMilliseconds
        case .resourceBytes: PlausibleRanges.resourceBytes
        case .frameLine: PlausibleRanges.frameLine
        case .frameColumn: PlausibleRanges.frameColumn
        }
    }

    static func of(_ vital: Vital) -> NumberField {
        switch vital {
        case .lcp: .lcp
        case .inp: .inp
        case .cls: .cls
        case .fcp: .fcp
        case .ttfb: .ttfb
        }
    }
}

/// Ranges of client-reported numbers.
package enum PlausibleRanges {
    /// Visible time of a page view in milliseconds: up to one day.
    static let engagementMilliseconds = 0.0...86_400_000
    /// Scroll depth in percent.
    static let scrollPercent = 0.0...100
    /// Occurrences that one error event stands for.
    static let errorCount = 1.0...10_000
    /// Value of a custom event, in any currency.
    static let eventValue = -1_000_000_000.0...1_000_000_000
    /// LCP, INP, FCP, TTFB and their parts in milliseconds: up to ten minutes.
    static let vitalMilliseconds = 0.0...600_000
    /// CLS score: at most 1 per frame, within a session window of five seconds.
    static let layoutShiftScore = 0.0...300
    /// Duration of one resource, or of all resources of one host, in milliseconds: up to one hour.
    static let resourceMilliseconds = 0.0...3_600_000
    /// Size of one resource, or of all resources of one host, in bytes: up to 10 GB.
    static let resourceBytes = 0.0...10_000_000_000
    /// Line number of a stack frame.
    static let frameLine = 0.0...10_000_000
    /// Column number of a stack frame: minified files consist of a single line.
    static let frameColumn = 0.0...1_000_000_000
    /// Limit of emitted events per page view; a delivery report above it is excluded from all figures.
    package static let emittedEventsMax: Int64 = 100_000
}

/// A payload value validated as a number.
enum CheckedNumber: Equatable {
    /// No value, or one that is not a number.
    case missing
    case valid(Double)
    case outOfRange

    /// Validates a number against the range of a field; nil stands for a number too large to represent.
    init(_ number: Double?, _ field: NumberField) {
        self = if let number, field.range.contains(number) { .valid(number) } else { .outOfRange }
    }
}

extension LazyJSON {
    /// The value validated against the range of a field.
    func checked(_ field: NumberField) -> CheckedNumber {
        isNumber ? CheckedNumber(number, field) : .missing
    }

    /// The number if it is within the range of the field, otherwise nil.
    func value(_ field: NumberField) -> Double? {
        guard case .valid(let number) = checked(field) else { return nil }
        return number
    }
}
