import Events

/// Cache of recently parsed user agents and paths.
struct ParsedTexts {
    /// Size limit of each cache; a full cache is emptied.
    private static let textsMax = 4000

    private var agents: [String: UserAgent] = [:]
    private var paths: [String: String] = [:]

    mutating func agent(_ text: String?) -> UserAgent {
        let key = text ?? ""
        if let known = agents[key] { return known }
        let agent = UserAgent(text)
        if agents.count >= Self.textsMax { agents.removeAll() }
        agents[key] = agent
        return agent
    }

    mutating func template(_ path: String) -> String {
        if let known = paths[path] { return known }
        let template = PathTemplate.of(path)
        if paths.count >= Self.textsMax { paths.removeAll() }
        paths[path] = template
        return template
    }
}
