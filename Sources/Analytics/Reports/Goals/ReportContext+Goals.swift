import Rollups
import Segments
import Storage
import Texts

extension ReportContext {
    /// Filters on goals as conditions on sessions.
    func conditionFilters(_ range: ReportRange) throws(ReportError) -> [ScanQuery.ConditionFilter] {
        let filters = query.filters.filter { $0.subject == .goal }
        guard !filters.isEmpty else { return [] }
        guard filters.reduce(0, { $0 + $1.values.count }) <= Goal.perQueryMax else {
            throw .refused("The filters of a query name \(Goal.perQueryMax) goals at most")
        }
        let goals = try GoalTables(database).goals()
        var result: [ScanQuery.ConditionFilter] = []
        for filter in filters {
            var conditions: [Condition] = []
            for id in filter.values { conditions.append(try condition(Self.goal(id, goals), range)) }
            result.append(ScanQuery.ConditionFilter(conditions, isNegated: filter.operator == .isNot))
        }
        return result
    }

    static func goal(_ id: String, _ goals: [Goal]) throws(ReportError) -> Goal {
        guard let goal = goals.first(where: { $0.id == id }) else { throw .refused("There is no goal \(id)") }
        return goal
    }

    func condition(_ goal: Goal, _ range: ReportRange) throws(ReportError) -> Condition {
        try condition(goal.milestone, site: goal.site, range)
    }

    /// The condition in codes; events with a property are found among those of the range.
    func condition(_ milestone: Milestone, site: String?, _ range: ReportRange) throws(ReportError) -> Condition {
        let codes = site.map { Set([dictionaries.code(of: $0, in: .site)].compactMap(\.self)) }
        switch milestone {
        case .page(let pattern): return Condition(.pages(try pages(pattern)), sites: codes)
        case .event(let name, let property):
            let code = dictionaries.code(of: name, in: .eventName)
            guard let property, code != nil else { return Condition(.events(code, only: nil), sites: codes) }
            let keys = SessionKeys(
                database: database,
                hashes: try hashes(),
                from: range.from,
                to: range.to,
                sites: site.map { sites?.intersection([ByteText($0)]) ?? [ByteText($0)] } ?? sites
            )
            return Condition(.events(code, only: try keys.events(name, property)), sites: codes)
        case .goal(let id): return try condition(Self.goal(id, GoalTables(database).goals()), range)
        }
    }

    /// The codes of the paths of a pattern.
    func pages(_ pattern: String) throws(ReportError) -> Set<UInt32> {
        guard pattern.utf8.contains(UInt8(ascii: "*")) else {
            return Set([dictionaries.code(of: pattern, in: .path)].compactMap(\.self))
        }
        var steps = ReportFilter.stepsMax
        return try ReportFilter("matches", "path", [pattern]).codes(dictionaries.texts(.path), steps: &steps)
    }

    /// Throws when a scan met damaged segments, whose sessions would be missing in its figures.
    func checkDamage(_ count: Int) throws(ReportError) {
        guard count > 0 else { return }
        throw .store(.damaged(reason: "\(count) segments are damaged; run collector rebuild"))
    }

    /// Runs a scan that follows sessions.
    func scanning<Result>(
        _ scan: (SegmentReader) throws(StoreError) -> Result
    ) throws(ReportError) -> Result {
        do throws(StoreError) { return try scan(SegmentReader(database)) } catch { throw .store(error) }
    }
}
