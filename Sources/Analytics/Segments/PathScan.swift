/// A query for the ways of sessions from a page, or to one.
package struct PathQuery: Sendable {
    package enum Direction: Sendable { case forward, backward }

    /// Steps after the page at most.
    package static let stepsMax = 5
    /// The most pages of a step with a row of their own.
    package static let rowsMax = 20

    package var direction: Direction
    /// Codes of the pages to begin with; nil for the first or last page of a session.
    package var start: Set<UInt32>?
    /// Codes of the pages that must follow, one for each step.
    package var via: [UInt32?] = []
    package var steps: Int
    package var rows: Int

    package init(_ direction: Direction, steps: Int, rows: Int) {
        (self.direction, self.steps, self.rows) = (direction, steps, rows)
    }
}

/// The pages of one step of the ways.
package struct PathStep: Equatable, Sendable {
    /// The pages with the most sessions, the largest first; ties ordered by the bytes of their texts.
    package var rows: [(code: UInt32, sessions: Int64)] = []
    /// Pages without a row: their number, and the sessions on them.
    package var otherPages: Int64 = 0
    package var other: Int64 = 0
    /// Sessions that were on a page in the step before and on none in this one; 0 in the first step.
    package var ended: Int64 = 0
    /// From an index of the step before to one of this step: `rows.count` is the other pages, and one more is the end.
    package var links: [(from: Int, to: Int, sessions: Int64)] = []

    package static func == (one: PathStep, other: PathStep) -> Bool {
        one.rows.elementsEqual(other.rows, by: ==) && one.links.elementsEqual(other.links, by: ==)
            && one.otherPages == other.otherPages && one.other == other.other && one.ended == other.ended
    }
}

/// The result of a scan for ways.
package struct PathScanResult: Sendable {
    /// The first has the pages to begin with.
    package var steps: [PathStep]
    package var damagedSegments = 0
}

/// The part of a session's pages that a query follows.
package enum PathWay {
    /// The pages of a session, given as codes in order of time, from the start on and without those that repeat the page before.
    ///
    /// Nil when the session does not take the way.
    package static func find(_ pages: [UInt32], _ query: PathQuery) -> ArraySlice<UInt32>? {
        var way: [UInt32] = []
        for page in pages where way.last != page { way.append(page) }
        if query.direction == .backward { way.reverse() }
        let start = query.start.map { codes in way.firstIndex(where: codes.contains) } ?? way.indices.first
        guard let start else { return nil }
        let found = way[start...].prefix(query.steps + 1)
        for (step, code) in query.via.enumerated() {
            let index = start + 1 + step
            guard index < found.endIndex, found[index] == code else { return nil }
        }
        return found
    }
}

/// Counts the pages before or after a page, in the sessions that a query selects.
///
/// The first pass finds the pages with the most sessions, the second counts the sessions between them.
package func scanPaths<Source: SegmentSource>(
    _ query: ScanQuery,
    _ paths: PathQuery,
    _ source: Source,
    _ dictionaries: DimensionDictionaries
) throws(Source.Failure) -> PathScanResult {
    var counts = [[UInt32: Int64]](repeating: [:], count: paths.steps + 1)
    var result = PathScanResult(steps: [])
    result.damagedSegments = try forEachWay(query, paths, source) { way in
        for (step, page) in way.enumerated() { counts[step][page, default: 0] += 1 }
    }
    guard result.damagedSegments == 0 else { return result }
    result.steps = counts.map { PathStep($0, rows: paths.rows, dictionaries) }
    let indexes = result.steps.map { step in
        Dictionary(uniqueKeysWithValues: step.rows.enumerated().map { ($1.code, $0) })
    }
    var links = [[Int64]](repeating: [], count: paths.steps + 1)
    let width = paths.rows + 2
    for step in links.indices { links[step] = Array(repeating: 0, count: width * width) }
    result.damagedSegments = try forEachWay(query, paths, source) { way in
        var before: Int?
        for step in 0...paths.steps {
            let last = result.steps[step].rows.count
            let index = step < way.count ? indexes[step][way[way.startIndex + step]] ?? last : last + 1
            if let before { links[step][before * width + index] += 1 }
            guard step < way.count else { return }
            before = index
        }
    }
    for step in links.indices {
        for index in links[step].indices where links[step][index] > 0 {
            result.steps[step].links.append((index / width, index % width, links[step][index]))
        }
        let end = result.steps[step].rows.count + 1
        result.steps[step].ended = result.steps[step].links.reduce(0) { $0 + ($1.to == end ? $1.sessions : 0) }
    }
    return result
}

extension PathStep {
    init(_ counts: [UInt32: Int64], rows: Int, _ dictionaries: DimensionDictionaries) {
        let sorted = counts.sorted { one, other in
            guard one.value == other.value else { return one.value > other.value }
            let texts = (dictionaries.text(one.key, .path), dictionaries.text(other.key, .path))
            return texts.0.utf8.lexicographicallyPrecedes(texts.1.utf8)
        }
        self.rows = sorted.prefix(rows).map { ($0.key, $0.value) }
        otherPages = Int64(max(0, sorted.count - rows))
        other = sorted.dropFirst(rows).reduce(0) { $0 + $1.value }
    }
}

/// Calls the body with the way of each session that counts and takes it; returns the number of damaged segments.
private func forEachWay<Source: SegmentSource>(
    _ query: ScanQuery,
    _ paths: PathQuery,
    _ source: Source,
    _ body: (_ way: ArraySlice<UInt32>) -> Void
) throws(Source.Failure) -> Int {
    var pages: [UInt32] = []
    return try walk(query, source, [.path]) { rows, columns throws(DamagedSegment) in
        let codes = try rows.load(.path, columns)
        for session in 0..<rows.info.sessions where rows.isCounted(session: session) {
            pages.removeAll(keepingCapacity: true)
            for row in rows.pageViews(of: session) where rows.counted[row: row] == 1 {
                pages.append(codes.dictionary[Int(codes.rows[row: row])])
            }
            if let way = PathWay.find(pages, paths) { body(way) }
        }
    }
}
