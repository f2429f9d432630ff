import Texts

/// Paths that were parsed a moment ago.
struct ParsedTexts {
    /// Paths that are kept parsed.
    private static let textsMax = 4000

    private var paths: [ByteText: String] = [:]

    mutating func template(_ path: String) -> String {
        if let known = paths[ByteText(path)] { return known }
        let template = PathTemplate.of(path)
        if paths.count >= Self.textsMax { paths.removeAll() }
        paths[ByteText(path)] = template
        return template
    }
}
