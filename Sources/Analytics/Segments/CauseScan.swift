/// A group of page views with a page and, if it is set, a device.
package struct CauseGroup: Sendable {
    package var path: UInt32
    package var device: UInt32?

    package init(path: UInt32, device: UInt32?) { (self.path, self.device) = (path, device) }
}

/// The most frequent value of a column among the page views of a group that have one.
package struct Cause: Equatable, Sendable {
    package var code: UInt32
    package var count: Int64
    /// Page views of the group with any value of the column.
    package var total: Int64
}

/// The result of a scan for causes.
package struct CauseScanResult: Sendable {
    /// By group and column; nil without a value.
    package var causes: [[Cause?]]
    package var damagedSegments = 0
}

/// Finds the most frequent elements or parts of the page views of groups that have a vital, in one pass.
///
/// Each page is in one group at most. Ties are ordered by the bytes of the texts.
package func scanCauses<Source: SegmentSource>(
    _ query: ScanQuery,
    _ groups: [CauseGroup],
    _ vital: Vital,
    _ columns: [Column],
    _ source: Source,
    _ dictionaries: DimensionDictionaries
) throws(Source.Failure) -> CauseScanResult {
    var query = query
    query.filters.append(ScanQuery.Filter(column: .path, codes: Set(groups.map(\.path))))
    var counts = columns.map { CauseCounts($0, groups: groups.count, dictionaries) }
    let own = Set(columns + [.path, .device])
    var result = CauseScanResult(causes: [])
    result.damagedSegments = try walk(query, source, own, ScanNeeds(visitors: false, vitals: [vital])) {
        rows,
        columns throws(DamagedSegment) in
        let (paths, devices) = (try rows.load(.path, columns), try rows.load(.device, columns))
        guard let values = rows.vitals[vital.rawValue]?.rows else { return }
        let groupOfPath = paths.dictionary.map { code in groups.firstIndex { $0.path == code } }
        let isOnDevice = groups.map { group in devices.dictionary.map { group.device == nil || group.device == $0 } }
        var selected: [(row: UInt16, group: Int)] = []
        rows.forEachInRange { row in
            guard values[row] != VitalCode.none, let group = groupOfPath[Int(paths.rows[row])],
                isOnDevice[group][Int(devices.rows[rows.owners[row]])]
            else { return }
            selected.append((row, group))
        }
        for index in counts.indices { counts[index].add(selected, try rows.load(counts[index].column, columns)) }
    }
    result.causes = groups.indices.map { group in counts.map { $0.cause(group, dictionaries) } }
    return result
}

/// Page views by group and code of one column.
private struct CauseCounts {
    let column: Column
    private let dictionary: Column.Dictionary
    /// Codes of the dictionary.
    private let width: Int
    private var counts: [Int64]

    init(_ column: Column, groups: Int, _ dictionaries: DimensionDictionaries) {
        guard let dictionary = column.dictionary else { preconditionFailure("a column without texts") }
        (self.column, self.dictionary) = (column, dictionary)
        width = dictionaries.count(dictionary)
        counts = Array(repeating: 0, count: groups * width)
    }

    mutating func add(_ rows: [(row: UInt16, group: Int)], _ codes: SegmentCodes) {
        for (row, group) in rows {
            let code = Int(codes.dictionary[Int(codes.rows[row])])
            counts[group * width + (code < width ? code : Int(DimensionDictionaries.other))] += 1
        }
    }

    /// Good values have no element and no part: the code 0 is no cause.
    func cause(_ group: Int, _ dictionaries: DimensionDictionaries) -> Cause? {
        let own = counts[group * width..<(group + 1) * width].dropFirst()
        guard let most = own.max(), most > 0 else { return nil }
        let codes = own.indices.filter { own[$0] == most }.map { UInt32($0 - group * width) }
        let first = codes.min { one, other in
            let texts = (dictionaries.text(one, dictionary), dictionaries.text(other, dictionary))
            return texts.0.utf8.lexicographicallyPrecedes(texts.1.utf8)
        }
        return first.map { Cause(code: $0, count: most, total: own.reduce(0, +)) }
    }
}
