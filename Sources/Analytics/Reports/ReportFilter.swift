package import Segments
import Texts

/// A condition on sessions or page views: a dimension, an operator and values, one of which must match.
package struct ReportFilter: Sendable, Hashable {
    /// The most values of a filter, and the most bytes of a value.
    package static let valuesMax = 50
    package static let valueBytesMax = 500
    /// The name of the empty text in reports and filters.
    package static let none = "(none)"
    static let propertyPrefix = "property:"
    /// The most steps for comparing the filters of a query with the known texts: about a second.
    static let stepsMax = 100_000_000

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
        /// Goals by their ids: sessions that reached one of them.
        case goal
        /// A member of the payload of a custom event.
        case property(String)
    }

    package let `operator`: Operator
    package let subject: Subject
    package let values: [String]

    package init(_ operatorName: String, _ dimension: String, _ values: [String]) throws(ReportError) {
        guard let known = Operator(rawValue: operatorName) else {
            throw .refused("An operator must be one of \(Operator.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard (1...Self.valuesMax).contains(values.count) else {
            throw .refused("A filter must have 1 to \(Self.valuesMax) values")
        }
        guard values.allSatisfy({ $0.utf8.count <= Self.valueBytesMax }) else {
            throw .refused("A filter value must have at most \(Self.valueBytesMax) bytes")
        }
        if known == .matches || known == .matchesNot {
            guard values.allSatisfy({ $0.utf8.count <= Wildcard.bytesMax }),
                values.allSatisfy({ Wildcard($0).wildcards <= Wildcard.wildcardsMax })
            else {
                throw .refused(
                    "A pattern must have at most \(Wildcard.bytesMax) bytes and \(Wildcard.wildcardsMax) wildcards"
                )
            }
        }
        guard let (subject, operators) = Self.subject(dimension) else {
            let names = ReportDimension.allCases.filter { !$0.filterOperators.isEmpty }.map(\.rawValue).sorted()
            throw .refused(
                "A filter's dimension must be \(names.joined(separator: ", ")), goal, visitor or property:<name>"
            )
        }
        guard operators.contains(known) else {
            throw .refused("A filter on \(dimension) must have the operator \(Self.list(operators))")
        }
        (self.operator, self.subject, self.values) = (known, subject, values)
    }

    /// The subject of a filter by its name, and the operators that it can have.
    private static func subject(_ name: String) -> (Subject, [Operator])? {
        if name == "visitor" { return (.visitor, [.is]) }
        if name == "goal" { return (.goal, [.is, .isNot]) }
        if name.utf8.starts(with: propertyPrefix.utf8), name.utf8.count > propertyPrefix.utf8.count,
            name.utf8.count <= valueBytesMax
        {
            let property = name.utf8.dropFirst(propertyPrefix.utf8.count)
            return (.property(String(decoding: property, as: UTF8.self)), [.is])
        }
        guard let dimension = ReportDimension(rawValue: name), !dimension.filterOperators.isEmpty else { return nil }
        return (.column(dimension.column), dimension.filterOperators)
    }

    /// "is, contains or matches".
    private static func list(_ operators: [Operator]) -> String {
        let names = operators.map(\.rawValue)
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }

    /// The codes of the texts of a dictionary that pass; `steps` is the rest of `stepsMax`.
    func codes(_ texts: [String], steps: inout Int) throws(ReportError) -> Set<UInt32> {
        let isMatch = matcher
        let isNegated = self.operator.isNegated
        var codes: Set<UInt32> = []
        for (code, text) in texts.enumerated() {
            var used = 0
            if isMatch(text, &used) != isNegated { codes.insert(UInt32(code)) }
            steps -= used
            guard steps >= 0 else {
                throw .refused("The filters take too long: use fewer or shorter values with contains and matches")
            }
        }
        return codes
    }

    /// A function that checks whether a text has one of the values, and counts its steps.
    private var matcher: (String, inout Int) -> Bool {
        switch self.operator {
        case .is, .isNot:
            let set = Set(values.map { ByteText($0 == Self.none ? "" : $0) })
            return { text, _ in set.contains(ByteText(text)) }
        case .contains, .containsNot:
            let needles = values.map { Array($0.utf8) }
            return { text, steps in
                let bytes = Array(text.utf8)
                return needles.contains { Self.contains(bytes, $0, &steps) }
            }
        case .matches, .matchesNot:
            let patterns = values.map { Wildcard($0) }
            return { text, steps in
                let bytes = Array(text.utf8)
                return patterns.contains { $0.matches(bytes, steps: &steps) }
            }
        }
    }

    private static func contains(_ bytes: [UInt8], _ needle: [UInt8], _ steps: inout Int) -> Bool {
        guard bytes.count >= needle.count else { return false }
        for start in 0...(bytes.count - needle.count) {
            var length = 0
            while length < needle.count, bytes[start + length] == needle[length] { length += 1 }
            steps += length + 1
            if length == needle.count { return true }
        }
        return false
    }
}
