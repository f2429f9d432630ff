import Assets
import Locks

/// Parses user agents by the kept rules, and remembers the latest.
package final class UserAgentParser: Sendable {
    /// Agents that are remembered: clients that send a new one each time take no more memory.
    package static let agentsMax = 4096
    /// Bytes of an agent that are read: more than real ones have, and a limit to the time of hostile ones.
    package static let bytesMax = 512

    /// The rules that are compiled in, which are read when the first agent is parsed.
    package static let shared = UserAgentParser()

    private let cache = Locked(AgentCache(agentsMax: agentsMax))
    private let rules: Locked<RuleSet>

    private init(_ text: String = Assets.agentRules()) { rules = Locked(RuleSet(RuleTable(text))) }

    /// Agents that are remembered now.
    package var agents: Int { cache.withLock { $0.count } }

    package func parse(_ text: String?) -> UserAgent {
        guard let text, !text.isEmpty else { return .missing }
        if let known = cache.withLock({ $0.find(text) }) { return known }
        let bytes = Array(text.utf8.prefix(Self.bytesMax))
        let agent = rules.withLock { AgentReading(bytes, $0).agent(&$0) }
        cache.withLock { $0.insert(text, agent) }
        return agent
    }
}

extension UserAgent {
    fileprivate static var missing: UserAgent {
        var agent = UserAgent()
        agent.botReasons = [.missing]
        return agent
    }
}

/// The agents that were parsed last, in two halves: those of the older half that are found again move to the newer one,
/// and the others go when that is full.
struct AgentCache {
    private let half: Int
    private var newer: [String: UserAgent] = [:]
    private var older: [String: UserAgent] = [:]

    init(agentsMax: Int) { half = agentsMax / 2 }

    var count: Int { newer.count + older.count }

    mutating func find(_ text: String) -> UserAgent? {
        if let known = newer[text] { return known }
        guard let known = older.removeValue(forKey: text) else { return nil }
        insert(text, known)
        return known
    }

    mutating func insert(_ text: String, _ agent: UserAgent) {
        if newer.count >= half {
            older = newer
            newer = [:]
        }
        newer[text] = agent
    }
}
