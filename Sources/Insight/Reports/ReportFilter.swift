package import Segments

/// A condition on sessions or page views: a dimension, an operator and values of which any may hold.
package struct ReportFilter: Sendable, Hashable {
    /// Values of one filter, and bytes of a value, at most.
    package static let valuesMax = 50
    package static let valueBytesMax = 500
    /// What a report shows for the empty text, and what a filter may name it by.
    package static let none = "(none)"
    static let propertyPrefix = "property:"

    package enum Operator: String, CaseIterable, Sendable {
        case `is`
        case isNot = "is_not"
        case contains
        case containsNot = "contains_not"
        case matches
        case matchesNot = "matches_not"

        var isNegated: Bool { self == .isNot || self == .containsNot || self == .matchesNot }
    }

    package enum Subject: Sendable, Hashable {
        case column(Column)
        case visitor
        /// A member of the payload of a custom event.
        case property(String)
    }

    package let `operator`: Operator
    package let subject: Subject
    package let values: [String]

    /// Columns by the names of dimensions.
    private static let columns: [String: Column] = [
        "site": .site, "path": .path, "entry": .entryPath, "exit": .exitPath, "browser": .browser, "system": .system,
        "device": .device, "referrer": .referrer, "campaign": .campaign, "language": .language, "screen": .screen,
        "country": .country, "release": .release, "connection": .connection, "navigation": .navigation,
        "event": .eventName, "issue": .eventIssue,
    ]

    package init(_ operatorName: String, _ dimension: String, _ values: [String]) throws(ReportError) {
        guard let known = Operator(rawValue: operatorName) else {
            throw .refused("An operator must be one of \(Operator.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard (1...Self.valuesMax).contains(values.count) else {
            throw .refused("A filter has 1 to \(Self.valuesMax) values")
        }
        guard values.allSatisfy({ $0.utf8.count <= Self.valueBytesMax }) else {
            throw .refused("A value of a filter has \(Self.valueBytesMax) bytes at most")
        }
        guard let subject = Self.subject(dimension) else {
            let names = Self.columns.keys.sorted().joined(separator: ", ")
            throw .refused("A filter is on \(names), visitor or property:<name>")
        }
        switch subject {
        case .visitor, .property:
            guard known == .is else { throw .refused("A filter on \(dimension) must have the operator is") }
        case .column(let column) where column.scope == .event:
            guard !known.isNegated else {
                throw .refused("A filter on \(dimension) must have the operator is, contains or matches")
            }
        case .column: break
        }
        (self.operator, self.subject, self.values) = (known, subject, values)
    }

    private static func subject(_ dimension: String) -> Subject? {
        if dimension == "visitor" { return .visitor }
        if dimension.hasPrefix(propertyPrefix), dimension.utf8.count > propertyPrefix.utf8.count,
            dimension.utf8.count <= valueBytesMax
        {
            return .property(String(dimension.dropFirst(propertyPrefix.count)))
        }
        return columns[dimension].map { .column($0) }
    }

    /// The codes of a dictionary's texts that pass.
    func codes(_ texts: [String]) -> Set<UInt32> {
        let wanted = values.map { $0 == Self.none ? "" : $0 }
        let isMatch: (String) -> Bool
        switch self.operator {
        case .is, .isNot:
            let set = Set(wanted)
            isMatch = { set.contains($0) }
        case .contains, .containsNot:
            let needles = values.map { Array($0.utf8) }
            isMatch = { text in
                let bytes = Array(text.utf8)
                return needles.contains { Self.contains(bytes, $0) }
            }
        case .matches, .matchesNot:
            let patterns = values.map { Wildcard($0) }
            isMatch = { text in patterns.contains { $0.matches(text) } }
        }
        let isNegated = self.operator.isNegated
        return Set(texts.indices.lazy.filter { isMatch(texts[$0]) != isNegated }.map { UInt32($0) })
    }

    private static func contains(_ bytes: [UInt8], _ needle: [UInt8]) -> Bool {
        guard let first = needle.first else { return true }
        guard bytes.count >= needle.count else { return false }
        return (0...(bytes.count - needle.count)).contains { start in
            bytes[start] == first && bytes[start..<(start + needle.count)].elementsEqual(needle)
        }
    }
}
