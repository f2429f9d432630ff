/// The path of a route: literal segments and named parameters, such as `/api/visitors/{id}/timeline`.
///
/// A parameter is one nonempty segment. The last segment may be `{name*}`, the rest of the path as it was sent.
struct PathPattern: Sendable, Equatable, ExpressibleByStringLiteral {
    private enum Segment: Equatable {
        case literal(Substring)
        case parameter(String)
        case rest(String)
    }

    let text: String
    private let segments: [Segment]

    init(stringLiteral text: String) { self.init(text) }

    init(_ text: String) {
        self.text = text
        segments = Self.split(text[...]).map { segment in
            guard segment.first == "{", segment.last == "}" else { return .literal(segment) }
            let name = segment.dropFirst().dropLast()
            return name.last == "*" ? .rest(String(name.dropLast())) : .parameter(String(name))
        }
    }

    /// Whether the path has no parameters.
    var isLiteral: Bool {
        segments.allSatisfy { segment in
            if case .literal = segment { return true }
            return false
        }
    }

    /// The names of the parameters.
    var names: [String] {
        segments.compactMap { segment in
            switch segment {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    /// The decoded values of the parameters; nil when the path does not match.
    func match(_ path: Substring) -> [String: String]? {
        var values: [String: String] = [:]
        var parts = Self.split(path)[...]
        for segment in segments {
            guard let part = parts.first else { return nil }
            switch segment {
            case .literal(let text):
                guard part == text else { return nil }
            case .parameter(let name):
                guard !part.isEmpty else { return nil }
                values[name] = PercentCoding.decoded(part, plusIsSpace: false)
            case .rest(let name):
                values[name] = String(path[part.startIndex...])
                return values
            }
            parts.removeFirst()
        }
        return parts.isEmpty ? values : nil
    }

    private static func split(_ path: Substring) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}
