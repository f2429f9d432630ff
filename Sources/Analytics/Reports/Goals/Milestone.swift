import Aggregation

/// A page or custom event that reaches a goal or a step of a funnel.
package enum Milestone: Sendable, Hashable {
    /// A path, or a pattern with `*` for any characters but `/` and `**` for any characters.
    case page(String)
    case event(String, Property?)
    /// A goal by its id; only in funnels.
    case goal(String)

    /// A member of the payload and its value (`PropertyValues`).
    package struct Property: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    /// The most bytes of a path or name, and of a property's name and value.
    package static let matchBytesMax = 200
    package static let propertyBytesMax = 200

    /// Checks a page or an event.
    package init(_ type: String, _ match: String, property: String? = nil, value: String? = nil) throws(ReportError) {
        guard !match.isEmpty, match.utf8.count <= Self.matchBytesMax else {
            throw .refused("A page or event has 1 to \(Self.matchBytesMax) bytes")
        }
        switch type {
        case "page":
            guard match.utf8.first == UInt8(ascii: "/") || match.utf8.first == UInt8(ascii: "*") else {
                throw .refused("A page is a path that starts with / or with a wildcard, such as /thanks or **/thanks")
            }
            guard Wildcard(match).wildcards <= Wildcard.wildcardsMax else {
                throw .refused("A page has \(Wildcard.wildcardsMax) wildcards at most")
            }
            guard property == nil, value == nil else { throw .refused("Only an event can have a property") }
            self = .page(match)
        case "event":
            guard !OwnEventType.allCases.map(\.rawValue).contains(match) else {
                throw .refused("\(match) is an event of the tracker: choose a custom event")
            }
            self = .event(match, try Self.property(property, value))
        default: throw .refused("type must be page or event")
        }
    }

    private static func property(_ name: String?, _ value: String?) throws(ReportError) -> Property? {
        guard let name, !name.isEmpty else {
            guard value == nil else { throw .refused("property is missing: its value has no name") }
            return nil
        }
        guard let value else { throw .refused("property_value is missing") }
        guard max(name.utf8.count, value.utf8.count) <= propertyBytesMax else {
            throw .refused("A property has \(propertyBytesMax) bytes at most, and so has its value")
        }
        return Property(name: name, value: value)
    }

    /// The words by which a goal without a name is shown.
    package var title: String {
        switch self {
        case .page(let pattern): "Visit \(pattern)"
        case .event(let name, let property): property.map { "\(name): \($0.name) = \($0.value)" } ?? name
        case .goal(let id): id
        }
    }
}

extension Milestone {
    private static let stepsForm = #"""
        steps must be a JSON array such as [["page","/pricing"],["event","signup"],["event","signup","plan","pro"],["goal","ID"]]
        """#

    /// Parses the steps of a funnel.
    package static func steps(_ json: String) throws(ReportError) -> [Milestone] {
        guard json.utf8.count <= Funnel.stepsBytesMax else {
            throw .refused("steps has \(Funnel.stepsBytesMax) bytes at most")
        }
        let elements = LazyJSON(json).elements
        guard Funnel.steps.contains(elements.count) else {
            throw .refused(elements.isEmpty ? stepsForm : "A funnel has \(Funnel.stepsText) steps")
        }
        var steps: [Milestone] = []
        for element in elements {
            let texts = element.elements.map(\.text)
            let parts = texts.compactMap(\.self)
            guard parts.count == texts.count else { throw .refused(stepsForm) }
            switch (parts.first, parts.count) {
            case ("goal", 2): steps.append(.goal(parts[1]))
            case ("page", 2), ("event", 2): steps.append(try Milestone(parts[0], parts[1]))
            case ("event", 4): steps.append(try Milestone(parts[0], parts[1], property: parts[2], value: parts[3]))
            default: throw .refused(stepsForm)
            }
        }
        return steps
    }
}
