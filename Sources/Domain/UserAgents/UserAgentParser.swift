import Assets
import Locks
import Texts

/// Parses user agents by the kept rules, and caches the latest results.
package final class UserAgentParser: Sendable {
    /// The most cached agents, so that clients that send another one each time use no more memory.
    package static let agentsMax = 4096
    /// The most bytes of an agent that are parsed: more than real ones have, and a limit on the time of hostile ones.
    package static let bytesMax = 512

    /// A parser with the built-in rules, which are loaded when the first agent is parsed.
    package static let shared = UserAgentParser()

    private let cache = Locked(AgentCache(agentsMax: agentsMax))
    private let rules: Locked<RuleSet>

    private init(_ text: String = Assets.agentRules()) { rules = Locked(RuleSet(RuleTable(text))) }

    /// The number of cached agents.
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

/// A cache of the latest agents in two halves: an agent that is found in the older half moves to the newer one, and the
/// rest of the older half is dropped when the newer one is full.
struct AgentCache {
    private let half: Int
    private var newer: [ByteText: UserAgent] = [:]
    private var older: [ByteText: UserAgent] = [:]

    init(agentsMax: Int) { half = agentsMax / 2 }

    var count: Int { newer.count + older.count }

    mutating func find(_ text: String) -> UserAgent? {
        if let known = newer[ByteText(text)] { return known }
        guard let known = older.removeValue(forKey: ByteText(text)) else { return nil }
        insert(text, known)
        return known
    }

    mutating func insert(_ text: String, _ agent: UserAgent) {
        if newer.count >= half {
            older = newer
            newer = [:]
        }
        newer[ByteText(text)] = agent
    }
}
