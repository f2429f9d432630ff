/// Passes the segments of a query on, one after the other, with the sessions selected that count.
///
/// For reports that follow sessions instead of adding up columns. Segments without a matching page view are skipped;
/// `extra` are the columns that `take` reads, besides those of the filters. The result is the number of damaged
/// segments, whose sessions may be missing.
func walk<Source: SegmentSource>(
    _ query: ScanQuery,
    _ source: Source,
    _ extra: Set<Column>,
    _ needs: ScanNeeds = ScanNeeds(figures: true),
    _ take: (_ rows: SegmentRows, _ columns: SegmentColumns) throws(DamagedSegment) -> Void
) throws(Source.Failure) -> Int {
    precondition((1...ScanLimits.bucketsMax).contains(query.edges.count))
    var query = query
    query.resolveIssues()
    var missing: [Int64: SegmentInfo] = [:]
    var damaged = 0
    for info in try source.segments(from: query.from, to: query.to)
    where info.firstTime < query.to && info.lastTime >= query.from {
        if info.hasPossibleCounts { missing[info.id] = info } else { damaged += 1 }
    }
    guard !missing.isEmpty else { return damaged }
    let memory = ScanRows()
    let rows = memory.take(1)[0]
    let columns = Set(needs.columns(query)).union(extra).sorted { $0.rawValue < $1.rawValue }
    try source.read(missing.keys.sorted(), columns) { id, bytes in
        guard let info = missing.removeValue(forKey: id) else { return }
        do throws(DamagedSegment) {
            let own = SegmentColumns(info, bytes, issueAliases: query.issueAliases)
            guard try rows.load(own, query, needs) else { return }
            rows.prepareFigures()
            try take(rows, own)
        } catch {
            damaged += 1
        }
    }
    return damaged + missing.count
}

extension SegmentRows {
    /// Whether a session counts: it passes the filters, and its first page view that counts is within the range.
    @inline(__always) func isCounted(session: Int) -> Bool { sessionFlags[row: session] != 0 }

    /// Whether a session has a page view within the range that counts.
    @inline(__always) func hasPageView(session: UInt16) -> Bool { figures[session][0] & 0xffff_ffff > 0 }

    /// The rows of the page views of a session.
    @inline(__always) func pageViews(of session: Int) -> Range<Int> {
        let start = Int(starts[row: session])
        return start..<start + Int(counts[row: session])
    }
}
