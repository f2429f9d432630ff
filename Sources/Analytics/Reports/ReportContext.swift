package import Segments
package import Storage
package import Rollups
import Aggregation

/// The input of a report: one snapshot of a database, its dictionaries and the query.
struct ReportContext {
    let database: any Database
    let dictionaries: DimensionDictionaries
    var query: ReportQuery
    /// Nil to count all segments in each scan.
    var scans: ScanCache?

    static let human = "human"
    static let bot = "bot"

    /// A scan of the query's range or its previous period, with its filters; without a series, the whole range is one bucket.
    func scanQuery(_ range: ReportRange, withSeries: Bool = true) throws(ReportError) -> ScanQuery {
        var scan = ScanQuery(from: range.from, to: range.to, edges: withSeries ? range.buckets : [range.from])
        scan.filters = try columnFilters()
        scan.sessionKeys = try sessionKeys(range)
        scan.conditions = try conditionFilters(range)
        return scan
    }

    /// A scan of a time range with the query's site and traffic, but without its buckets and filters.
    func plainScanQuery(from: Int64, to: Int64) -> ScanQuery {
        var scan = ScanQuery(from: from, to: to, edges: [from])
        scan.filters = scopeFilters()
        return scan
    }

    /// Runs a scan, in which merged issues count as the issue that they are merged into unless `mergesIssues` is false.
    func run(_ query: ScanQuery, mergesIssues: Bool = true) throws(ReportError) -> ScanResult {
        let scan = mergesIssues ? try mergingIssues(query) : query
        var cache: (ScanCache, generation: Int64)?
        if let scans { cache = (scans, try generation()) }
        do throws(StoreError) {
            let result = try Segments.scan(scan, SegmentReader(database), dictionaries, cache: cache)
            // Figures without the damaged segments would be wrong.
            guard result.damagedSegments == 0 else {
                throw StoreError.damaged(
                    reason: "\(result.damagedSegments) segments are damaged; run collector rebuild"
                )
            }
            return result
        } catch {
            throw .store(error)
        }
    }

    /// The same scan, in which merged issues count as the issue that they are merged into.
    func mergingIssues(_ query: ScanQuery) throws(ReportError) -> ScanQuery {
        var scan = query
        if scan.hasIssues { scan.issueAliases = try issueAliases().codes(dictionaries) }
        return scan
    }

    /// The shown text of a code of a column; the empty text has a name.
    func text(_ code: UInt32, _ column: Column) -> String {
        guard let dictionary = column.dictionary, code != DimensionDictionaries.none else { return ReportFilter.none }
        return dictionaries.text(code, dictionary)
    }

    // MARK: - Filters

    /// The same query with the traffic of bots.
    var includingBots: ReportContext {
        var context = self
        context.query.includesBots = true
        return context
    }

    private func scopeFilters() -> [ScanQuery.Filter] {
        var filters: [ScanQuery.Filter] = []
        if let site = query.site { filters.append(filter(.site, [site])) }
        if !query.includesBots { filters.append(filter(.traffic, [Self.human])) }
        return filters
    }

    /// A condition that a column has one of some texts; nothing passes when no text is known.
    func filter(_ column: Column, _ texts: [String]) -> ScanQuery.Filter {
        let codes = texts.compactMap { text in
            column.dictionary.flatMap { dictionaries.code(of: text, in: $0) }
        }
        return ScanQuery.Filter(column: column, codes: Set(codes))
    }

    private func columnFilters() throws(ReportError) -> [ScanQuery.Filter] {
        var filters = scopeFilters()
        var steps = ReportFilter.stepsMax
        for filter in query.filters {
            guard case .column(let column) = filter.subject, let dictionary = column.dictionary else { continue }
            let codes = try filter.codes(dictionaries.texts(dictionary), steps: &steps)
            filters.append(ScanQuery.Filter(column: column, codes: codes))
        }
        return filters
    }

    private func sessionKeys(_ range: ReportRange) throws(ReportError) -> Set<UInt64>? {
        var result: Set<UInt64>?
        for filter in query.filters {
            let keys: Set<UInt64>
            switch filter.subject {
            case .column, .goal: continue
            case .visitor: keys = try finder(range).visitors(filter.values)
            case .property(let name): keys = try finder(range).property(name, filter.values)
            }
            result = result?.intersection(keys) ?? keys
        }
        return result
    }

    private func finder(_ range: ReportRange) throws(ReportError) -> SessionKeys {
        SessionKeys(database: database, hashes: try hashes(), from: range.from, to: range.to, sites: sites)
    }

    /// Changes when the rollups are cleared.
    func generation() throws(ReportError) -> Int64 {
        do throws(StoreError) { return try RollupPosition.read(database).generation } catch { throw .store(error) }
    }

    func hashes() throws(ReportError) -> KeyedHashes {
        do throws(StoreError) { return try KeyedHashes(database) } catch { throw .store(error) }
    }
}

/// Computes reports, each from one snapshot of the database, with equal results from both stores.
package struct Reports {
    let database: any Database
    let dictionaries: DictionaryCache
    let tracked: TrackedCache
    private let scans: ScanCache?

    package init(
        _ database: any Database,
        _ dictionaries: DictionaryCache,
        _ tracked: TrackedCache = TrackedCache(),
        scans: ScanCache? = nil
    ) {
        (self.database, self.dictionaries, self.tracked, self.scans) = (database, dictionaries, tracked, scans)
    }

    func computed<Report>(
        _ query: ReportQuery,
        _ body: (ReportContext) throws(ReportError) -> Report
    ) throws(ReportError) -> Report {
        try database.unchanging { () throws(ReportError) in
            let current: DimensionDictionaries
            do throws(StoreError) { current = try dictionaries.current(database) } catch {
                throw ReportError.store(error)
            }
            var context = ReportContext(database: database, dictionaries: current, query: query, scans: scans)
            if query.range.isAllTime { context.query.range = try query.range.beginning(at: context.bounds()?.first) }
            return try body(context)
        }
    }
}

extension ScanQuery {
    /// Whether its result depends on issues.
    fileprivate var hasIssues: Bool {
        issues != nil || filters.contains { $0.column == .eventIssue } || lists.contains { $0.column == .eventIssue }
    }
}
