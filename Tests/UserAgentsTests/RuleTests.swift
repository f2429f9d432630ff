import Assets
import Foundation
import Patterns
import Testing

@testable import UserAgents

@Suite struct RuleTests {
    private static let table = RuleTable(Assets.agentRules())

    @Test func `every rule is a regular expression, and requires a text`() {
        #expect(Self.table.rules.count > 2_000)
        #expect(RuleSet(Self.table).errors() == [])
        #expect(Self.table.rules.allSatisfy { rule in !rule.texts.isEmpty && rule.texts.allSatisfy { !$0.isEmpty } })
    }

    @Test(arguments: RuleTable.Kind.allCases)
    func `every kind has rules`(kind: RuleTable.Kind) {
        #expect(Self.table.rules.contains { $0.kind == kind })
    }

    /// Names and agents of the file that scripts/third-party has installed.
    private struct Crawler: Decodable {
        var pattern: String
        var instances: [String]
    }

    private static func crawlers() throws -> [Crawler] {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let file = root.appending(path: ".tools/third-party/crawler-user-agents.json")
        return try JSONDecoder().decode([Crawler].self, from: Data(contentsOf: file))
    }

    @Test func `the samples of crawler-user-agents are bots`() throws {
        let samples = try Self.crawlers().flatMap(\.instances)
        let missed = samples.filter { UserAgentParser.shared.parse($0).botReasons.isEmpty }
        #expect(samples.count > 2_000)
        #expect(Double(missed.count) <= 0.001 * Double(samples.count), "\(missed)")
    }

    /// Without the search for required texts every pattern would be tried.
    @Test func `the search for required texts misses no rule that matches`() throws {
        let rules = RuleSet(Self.table)
        let matcher = try #require(PatternMatcher())
        let crawlers = try Self.table.rules.filter { $0.kind == .crawler }.map { try Pattern($0.pattern) }
        for agent in try Self.crawlers().flatMap(\.instances).enumerated().filter({ $0.offset % 20 == 0 }) {
            let bytes = Array(agent.element.utf8)
            let all = crawlers.contains { matcher.matches($0, bytes) }
            var copy = rules
            #expect((copy.first(.crawler, of: rules.candidates(bytes), bytes) != nil) == all, "\(agent.element)")
        }
    }

    @Test func `texts are found in either case, within each other and at the ends`() {
        let finder = TextFinder(["he", "she", "hers", "his"].map { Array($0.utf8) })
        func found(_ text: String) -> Set<Int> {
            var found: Set<Int> = []
            finder.forEach(in: Array(text.utf8)) { found.insert($0) }
            return found
        }
        #expect(found("uSHErs") == [0, 1, 2])
        #expect(found("his") == [3])
        #expect(found("hi, s") == [])
        #expect(found("") == [])
    }

    /// What pages show as a reason is decided by Contract/bots.json, too.
    @Test func `reasons are those of the contract`() throws {
        struct Contract: Decodable {
            struct Reason: Decodable { var source: String }
            var reasons: [String: Reason]
        }
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let data = try Data(contentsOf: root.appending(path: "Contract/bots.json"))
        let reasons = try JSONDecoder().decode(Contract.self, from: data).reasons
        let ofAgents = Set(reasons.filter { $0.value.source == "user_agent" }.keys)
        #expect(ofAgents == Set(BotReason.allCases.map(\.rawValue)))
    }
}
