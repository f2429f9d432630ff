import Segments

/// Attribution of vitals that are not good: the element and the longest part of the time, by the names of web-vitals 6.
enum Attribution {
    /// A member of `attribution`, with its name before web-vitals 6: stored events and old trackers still use it.
    typealias Name = (current: String, old: String?)

    private static let largestContentfulPaint: [Name] = [
        ("timeToFirstByte", "ttfb"), ("resourceLoadDelay", "loadDelay"), ("resourceLoadDuration", "loadTime"),
        ("elementRenderDelay", "renderDelay"),
    ]
    private static let interaction: [Name] = [
        ("inputDelay", nil), ("processingDuration", "processing"), ("presentationDelay", "presentation"),
    ]

    /// The element and the longest part of the time to which a value is attributed.
    struct Cause: Sendable {
        var element: String?
        var part: String?
    }

    /// Whether a value is rated good; in milliseconds, for CLS the score.
    static func isGood(_ vital: Vital, _ value: Double) -> Bool { value <= vital.thresholds.good }

    /// The cause of a value that is not good (in milliseconds, for CLS the score); empty for a good one.
    static func cause(_ vital: Vital, _ value: Double, _ attribution: LazyJSON) -> Cause {
        guard !isGood(vital, value) else { return Cause() }
        return switch vital {
        case .lcp:
            Cause(
                element: element(("target", "element"), attribution),
                part: longest(largestContentfulPaint, attribution)
            )
        case .inp:
            Cause(
                element: element(("interactionTarget", "element"), attribution),
                part: longest(interaction, attribution)
            )
        case .cls: Cause(element: element(("largestShiftTarget", "element"), attribution))
        case .fcp, .ttfb: Cause()
        }
    }

    private static func element(_ name: Name, _ attribution: LazyJSON) -> String? {
        let text = attribution[name.current].text ?? name.old.flatMap { attribution[$0].text }
        return text.flatMap(DimensionText.clean)
    }

    private static func longest(_ names: [Name], _ attribution: LazyJSON) -> String? {
        let parts = names.compactMap { name -> (name: String, milliseconds: Double)? in
            let part = attribution[name.current].value(.attribution)
            let milliseconds = part ?? name.old.flatMap { attribution[$0].value(.attribution) }
            return milliseconds.map { (name.current, $0) }
        }
        return parts.max { $0.milliseconds < $1.milliseconds }?.name
    }
}
