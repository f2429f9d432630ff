/// Why a vital is not good: the element and the part of the time that took longest, by the names of web-vitals 6.
enum Attribution {
    /// A member of `attribution`, and its name before web-vitals 6, which is accepted in stored events and from old trackers.
    typealias Name = (current: String, old: String?)

    private static let largestContentfulPaint: [Name] = [
        ("timeToFirstByte", "ttfb"), ("resourceLoadDelay", "loadDelay"), ("resourceLoadDuration", "loadTime"),
        ("elementRenderDelay", "renderDelay"),
    ]
    private static let interaction: [Name] = [
        ("inputDelay", nil), ("processingDuration", "processing"), ("presentationDelay", "presentation"),
    ]

    /// The dimension values of a metric that is not good; none when it is.
    static func facts(_ metric: Metric, _ value: Double, _ attribution: JSONTree) -> [Fact] {
        switch metric {
        case .lcp where value > 2500:
            return element(.lcpElement, ("target", "element"), attribution)
                + longest(.lcpPart, largestContentfulPaint, attribution)
        case .inp where value > 200:
            return element(.inpElement, ("interactionTarget", "element"), attribution)
                + longest(.inpPart, interaction, attribution)
        case .cls where value > 0.1:
            return element(.clsElement, ("largestShiftTarget", "element"), attribution)
        default: return []
        }
    }

    private static func element(_ dimension: Dimension, _ name: Name, _ attribution: JSONTree) -> [Fact] {
        let text = attribution[name.current].text ?? name.old.flatMap { attribution[$0].text }
        return text.flatMap(Facts.clean).map { [Fact(dimension: dimension, value: $0)] } ?? []
    }

    private static func longest(_ dimension: Dimension, _ names: [Name], _ attribution: JSONTree) -> [Fact] {
        let parts = names.compactMap { name -> (name: String, milliseconds: Double)? in
            let part = attribution[name.current].value(.attribution)
            let milliseconds = part ?? name.old.flatMap { attribution[$0].value(.attribution) }
            return milliseconds.map { (name.current, $0) }
        }
        guard let longest = parts.max(by: { $0.milliseconds < $1.milliseconds }) else { return [] }
        return [Fact(dimension: dimension, value: longest.name)]
    }
}
