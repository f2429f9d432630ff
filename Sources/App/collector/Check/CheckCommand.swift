import Events
import Glibc
import HTTPAPI
import Reports
import Rollups
import Storage

/// `collector check`: compares the figures of visitors with budgets.
struct CheckCommand {
    private let configuration: Configuration
    private let arguments: Arguments

    private static let rangeDefault = NamedRange.days7.rawValue

    init(_ configuration: Configuration, _ arguments: Arguments) {
        (self.configuration, self.arguments) = (configuration, arguments)
    }

    func run() throws -> ExitCode {
        _ = Interruption(finalNotice: "Interrupted. Nothing was changed; run 'collector check' again.")
        let texts = arguments.texts(.budget)
        let budgets = texts.isEmpty ? [] : try Budget.list(texts.joined(separator: ","))
        let query = try self.query(now: WallClock.seconds)
        let store = try StoreChoice.existing(configuration)
        Console.error("Database: \(store.location)")
        let database = try store.makeDatabase()
        if let problem = try LagCheck(database).problem(pause: { usleep(UInt32($0) * 1000) }) {
            Console.error("collector: warning: \(problem)")
        }
        let reports = Reports(database, DictionaryCache())
        let release = arguments.text(.release)
        let earlier = arguments.text(.compareRelease)
        let metrics = budgets.isEmpty ? BudgetMetric.usual : budgets.map(\.metric)
        var releases = [release]
        if let earlier { releases.append(earlier) }
        let found = try reports.budgetFigures(query, metrics, of: releases)
        let check = BudgetCheck(
            site: query.site,
            release: release,
            budgets: budgets,
            figures: found[0],
            earlier: earlier.map { ($0, found[1]) },
            samplesMin: Int64(arguments.number(.minSamples) ?? Option.samplesMinDefault),
            isStrict: arguments.has(.strict)
        )
        if arguments.printsJSON {
            Console.out(String(decoding: check.json.encoded, as: UTF8.self))
        } else {
            for line in check.lines { Console.out(line) }
        }
        if found[0].pageViews == 0, let site = query.site { try warnIfUnknown(site, reports) }
        return check.exitCode
    }

    private func query(now: Int64) throws(ReportError) -> ReportQuery {
        var parameters: [String: String] = [:]
        for (name, option) in [("site", Option.site), ("from", .from), ("to", .to), ("zone", .zone)] {
            parameters[name] = arguments.text(option)
        }
        let hasBounds = parameters["from"] != nil || parameters["to"] != nil
        parameters["range"] = arguments.choice(.range) ?? (hasBounds ? nil : Self.rangeDefault)
        var filters: [ReportFilter] = []
        for text in arguments.texts(.filter) { filters.append(try Self.filter(text)) }
        return try ReportQuery(parameters: parameters, filters: filters, now: now)
    }

    /// Parses `dimension=value` or `dimension!=value`.
    static func filter(_ text: String) throws(ReportError) -> ReportFilter {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw .refused("--filter must have the form DIMENSION=VALUE or DIMENSION!=VALUE, not '\(text)'")
        }
        let isNegated = parts[0].hasSuffix("!")
        let dimension = isNegated ? parts[0].dropLast() : parts[0]
        return try ReportFilter(isNegated ? "is_not" : "is", String(dimension), [String(parts[1])])
    }

    /// Warns when no page view has ever come from a site of this name, which may be misspelled.
    private func warnIfUnknown(_ site: String, _ reports: Reports) throws {
        let known = try reports.sites().sites.map(\.site)
        guard !known.contains(site) else { return }
        let nearest = Spelling.nearest(to: site, in: known).map { "; did you mean '\($0)'?" } ?? ""
        Console.error("collector: warning: there is no page view of a site '\(site)'\(nearest)".printable)
    }
}
