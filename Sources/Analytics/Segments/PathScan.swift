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

/// Counts the pages before or after a page, in the sessions that a query selects.
///
/// The first pass finds the pages with the most sessions and keeps the ways; if these exceed `waysMax`, a second pass
/// finds them again to count the sessions between pages.
package func scanPaths<Source: SegmentSource>(
    _ query: ScanQuery,
    _ paths: PathQuery,
    _ source: Source,
    _ dictionaries: DimensionDictionaries,
    waysMax: Int = PathWays.pagesMax
) throws(Source.Failure) -> PathScanResult {
    let codesCount = dictionaries.count(.path)
    var counts = [[Int64]](repeating: Array(repeating: 0, count: codesCount), count: paths.steps + 1)
    var result = PathScanResult(steps: [])
    var ways = PathWays(pagesMax: waysMax)
    result.damagedSegments = try forEachWay(query, paths, source, codesCount) { way in
        for (step, page) in way.enumerated() { counts[step][Int(page)] += 1 }
        ways.append(way)
    }
    guard result.damagedSegments == 0 else { return result }
    result.steps = counts.map { PathStep($0, rows: paths.rows, dictionaries) }
    var links = PathLinks(result.steps, paths, codesCount)
    if ways.isComplete {
        ways.forEach { links.add($0) }
    } else {
        result.damagedSegments = try forEachWay(query, paths, source, codesCount) { links.add($0) }
    }
    links.write(&result.steps)
    return result
}

extension PathStep {
    /// `counts` has the sessions of each code.
    init(_ counts: [Int64], rows: Int, _ dictionaries: DimensionDictionaries) {
        let sorted = counts.indices.filter { counts[$0] > 0 }.map { (key: UInt32($0), value: counts[$0]) }
            .sorted { one, other in
                guard one.value == other.value else { return one.value > other.value }
                let texts = (dictionaries.text(one.key, .path), dictionaries.text(other.key, .path))
                return texts.0.utf8.lexicographicallyPrecedes(texts.1.utf8)
            }
        self.rows = sorted.prefix(rows).map { ($0.key, $0.value) }
        otherPages = Int64(max(0, sorted.count - rows))
        other = sorted.dropFirst(rows).reduce(0) { $0 + $1.value }
    }
}

/// Sessions from page to page, by step.
private struct PathLinks {
    private let steps: Int
    /// Index of the row of each code by step; for a code without one, that of the other pages.
    private var indexes: [[Int]] = []
    private let ends: [Int]
    private let width: Int
    private var sessions: [[Int64]]

    init(_ found: [PathStep], _ paths: PathQuery, _ codesCount: Int) {
        (steps, width) = (paths.steps, paths.rows + 2)
        ends = found.map { $0.rows.count + 1 }
        for step in found {
            var own = [Int](repeating: step.rows.count, count: codesCount)
            for (index, row) in step.rows.enumerated() { own[Int(row.code)] = index }
            indexes.append(own)
        }
        sessions = Array(repeating: Array(repeating: 0, count: width * width), count: paths.steps + 1)
    }

    mutating func add(_ way: ArraySlice<UInt32>) {
        var before = -1
        for step in 0...steps {
            let isEnd = step >= way.count
            let index = isEnd ? ends[step] : indexes[step][Int(way[way.startIndex + step])]
            if before >= 0 { sessions[step][before * width + index] += 1 }
            if isEnd { return }
            before = index
        }
    }

    func write(_ result: inout [PathStep]) {
        for step in result.indices {
            for index in sessions[step].indices where sessions[step][index] > 0 {
                result[step].links.append((index / width, index % width, sessions[step][index]))
            }
            let links = result[step].links
            result[step].ended = links.reduce(0) { $0 + ($1.to == ends[step] ? $1.sessions : 0) }
        }
    }
}

/// Calls the body with the way of each session that counts and takes it; returns the number of damaged segments.
///
/// All codes of a way are below `codesCount`.
private func forEachWay<Source: SegmentSource>(
    _ query: ScanQuery,
    _ paths: PathQuery,
    _ source: Source,
    _ codesCount: Int,
    _ body: (_ way: ArraySlice<UInt32>) -> Void
) throws(Source.Failure) -> Int {
    var (pages, way) = ([UInt32](), [UInt32]())
    return try walk(query, source, [.path], ScanNeeds(visitors: false, figures: true)) {
        rows,
        columns throws(DamagedSegment) in
        let codes = try rows.load(.path, columns)
        let known = codes.dictionary.map { Int($0) < codesCount ? $0 : DimensionDictionaries.other }
        for session in 0..<rows.info.sessions where rows.isCounted(session: session) {
            pages.removeAll(keepingCapacity: true)
            for row in rows.pageViews(of: session) where rows.counted[row: row] == 1 {
                pages.append(known[Int(codes.rows[row: row])])
            }
            if let found = PathWay.find(pages, paths, &way) { body(way[found]) }
        }
    }
}
