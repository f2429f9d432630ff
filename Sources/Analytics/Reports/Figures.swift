package import Segments

extension Vital {
    /// Its name in reports.
    package var name: String {
        switch self {
        case .lcp: "lcp"
        case .inp: "inp"
        case .cls: "cls"
        case .fcp: "fcp"
        case .ttfb: "ttfb"
        }
    }
}

extension Aggregate {
    /// Milliseconds; nil without a page view that reported an engagement time.
    package var meanEngagedMilliseconds: Double? {
        engagedPageViews > 0 ? Double(engagedMilliseconds) / Double(engagedPageViews) : nil
    }

    /// Nil without a page view.
    package var errorsPer1000PageViews: Double? {
        pageViews > 0 ? Double(errors) * 1000 / Double(pageViews) : nil
    }
}

extension ScanResult {
    /// A sentence with the reason why visitors are missing; nil when all of them were counted.
    var visitorsRefusal: String? { hasTooManyVisitors ? Self.visitorsSentence : nil }

    static let visitorsSentence =
        "Cannot count more than \(VisitorBits.visitorsMax - 1) visitors"
}
