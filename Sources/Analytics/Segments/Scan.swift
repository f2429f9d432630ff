/// Runs a query in one pass over the columns that it needs, within the given memory limits.
///
/// Further passes follow where rows of lists, visitors of buckets or exact percentiles require them. Damaged
/// segments are excluded from all figures; the result has their number. With a cache, segments that rarely change are
/// counted once for all scans with the same query; `generation` is that of the rollups.
package func scan<Source: SegmentSource>(
    _ query: ScanQuery,
    _ source: Source,
    _ dictionaries: DimensionDictionaries,
    _ limits: ScanLimits = ScanLimits(),
    cache: (ScanCache, generation: Int64)? = nil
) throws(Source.Failure) -> ScanResult {
    var query = query
    if query.edges.isEmpty { query.edges = [query.from] }
    query.resolveIssues()
    precondition(query.edges.count <= ScanLimits.bucketsMax)
    let hasTotals = query.lists.contains {
        $0.withSums && ($0.column.scope == .session || $0.column.scope == .pageView)
    }
    precondition(query.totals != .none || !hasTotals)
    let segments = try source.segments(from: query.from, to: query.to)
        .filter { $0.firstTime < query.to && $0.lastTime >= query.from }
    var damaged: Set<Int64> = []
    while true {
        // Every iteration but the last finds at least one more damaged segment, so there are few.
        var run = ScanRun(query, dictionaries, limits, damaged: damaged, cache: cache)
        if let result = try run.result(source, segments) { return result }
        damaged = run.damaged
    }
}
