/// Paths that were parsed a moment ago.
struct ParsedTexts {
    /// Paths that are kept parsed.
    private static let textsMax = 4000

    private var paths: [String: String] = [:]

    mutating func template(_ path: String) -> String {
        if let known = paths[path] { return known }
        let template = PathTemplate.of(path)
        if paths.count >= Self.textsMax { paths.removeAll() }
        paths[path] = template
        return template
    }
}
