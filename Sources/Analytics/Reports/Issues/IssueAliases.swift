import Segments
import Storage

/// Issues that the owner has merged into others.
struct IssueAliases {
    /// The most issues that are merged into one, and the most merged issues in total.
    static let membersMax = 200
    static let totalMax: Int64 = 5000

    /// The issue as which a merged issue counts.
    private let targets: [String: String]
    private let members: [String: [String]]

    /// No merged issues.
    init() { (targets, members) = ([:], [:]) }

    init(_ database: any Database) throws(ReportError) {
        let rows = try database.reportRows("select issue, target from insight_issue_aliases")
        var targets: [String: String] = [:]
        for row in rows { targets[row[0].text ?? ""] = row[1].text ?? "" }
        self.targets = targets
        members = Dictionary(grouping: targets.keys.sorted()) { targets[$0] ?? $0 }
    }

    func target(of issue: String) -> String { targets[issue] ?? issue }

    /// The issues that count as an issue, itself first.
    func all(of issue: String) -> [String] { [issue] + members(of: issue) }

    /// The issues that are merged into an issue.
    func members(of issue: String) -> [String] { members[issue] ?? [] }

    /// The codes of merged issues with those of their targets.
    func codes(_ dictionaries: DimensionDictionaries) -> [UInt32: UInt32] {
        var codes: [UInt32: UInt32] = [:]
        for (issue, target) in targets {
            guard let code = dictionaries.code(of: issue, in: .issue) else { continue }
            codes[code] = dictionaries.code(of: target, in: .issue)
        }
        return codes
    }
}
