import Patterns

/// The kept rules, prepared for matching.
///
/// One pass over an agent finds the required texts in it. Only rules with one of them are matched, in their order, and
/// each is compiled when it is first matched: an agent needs about 20 of more than 2,000 rules.
struct RuleSet {
    private let rules: [RuleTable.Rule]
    /// The range of the rules of each kind, which are adjacent.
    private let ranges: [RuleTable.Kind: Range<Int>]
    private let finder: TextFinder
    /// The indices of the rules that require a text, by the text's index.
    private let rulesOfText: [[Int]]
    private var patterns: [Pattern?]
    /// Nil when memory could not be allocated; then nothing matches.
    private let matcher = PatternMatcher()

    init(_ table: RuleTable) {
        var (rules, ranges): ([RuleTable.Rule], [RuleTable.Kind: Range<Int>]) = ([], [:])
        for kind in RuleTable.Kind.allCases {
            let start = rules.count
            rules += table.rules.filter { $0.kind == kind }
            ranges[kind] = start..<rules.count
        }
        (self.rules, self.ranges) = (rules, ranges)
        var (texts, indices, rulesOfText): ([[UInt8]], [[UInt8]: Int], [[Int]]) = ([], [:], [])
        for (rule, text) in rules.enumerated().flatMap({ rule in rule.element.texts.map { (rule.offset, $0) } }) {
            if let index = indices[text] {
                rulesOfText[index].append(rule)
            } else {
                indices[text] = texts.count
                texts.append(text)
                rulesOfText.append([rule])
            }
        }
        finder = TextFinder(texts)
        self.rulesOfText = rulesOfText
        patterns = Array(repeating: nil, count: rules.count)
    }

    /// The rules that may match an agent, in order, by kind.
    func candidates(_ agent: [UInt8]) -> Candidates {
        var found = [Bool](repeating: false, count: rules.count)
        finder.forEach(in: agent) { text in
            for rule in rulesOfText[text] { found[rule] = true }
        }
        return Candidates(indices: found.indices.filter { found[$0] })
    }

    struct Candidates { fileprivate let indices: [Int] }

    /// The first rule of a kind that matches, with its captured groups.
    mutating func first(_ kind: RuleTable.Kind, of candidates: Candidates, _ agent: [UInt8]) -> RuleMatch? {
        guard let range = ranges[kind] else { return nil }
        for index in candidates.indices where range.contains(index) {
            guard let matcher, let pattern = pattern(index) else { continue }
            let found = matcher.ranges(pattern, agent)
            if !found.isEmpty { return RuleMatch(rule: rules[index], ranges: found, agent: agent) }
        }
        return nil
    }

    /// Whether a rule of a kind matches.
    mutating func has(_ kind: RuleTable.Kind, of candidates: Candidates, _ agent: [UInt8]) -> Bool {
        guard let range = ranges[kind] else { return false }
        for index in candidates.indices where range.contains(index) {
            if let matcher, let pattern = pattern(index), matcher.matches(pattern, agent) { return true }
        }
        return false
    }

    private mutating func pattern(_ index: Int) -> Pattern? {
        if let known = patterns[index] { return known }
        // A rule that PCRE2 cannot compile matches nothing; a test compiles all of them.
        patterns[index] = try? Pattern(rules[index].pattern)
        return patterns[index]
    }

    /// The errors of all rules, for tests.
    func errors() -> [PatternError] {
        rules.compactMap { rule in
            do throws(PatternError) {
                _ = try Pattern(rule.pattern)
                return nil
            } catch {
                return error
            }
        }
    }
}

/// A rule that matches an agent.
struct RuleMatch {
    let rule: RuleTable.Rule
    let ranges: [Range<Int>?]
    let agent: [UInt8]

    var name: String { rule.name.isEmpty ? group(1) : replaced(rule.name) }
    var major: String { rule.major.isEmpty ? group(2) : replaced(rule.major) }
    var minor: String { rule.minor.isEmpty ? group(3) : replaced(rule.minor) }

    private func group(_ number: Int) -> String {
        guard number < ranges.count, let range = ranges[number] else { return "" }
        return String(decoding: agent[range], as: UTF8.self)
    }

    /// Replaces `$1`, `$2` and `$3` in a text with the captured groups.
    private func replaced(_ text: String) -> String {
        var (result, isGroup) = ("", false)
        for character in text {
            if isGroup, let number = character.wholeNumberValue {
                result += group(number)
                isGroup = false
            } else if character == "$" {
                isGroup = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
