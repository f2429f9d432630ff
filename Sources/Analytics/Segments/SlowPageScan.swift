/// A query for the pages that have many page views with a slow vital.
package struct SlowPageQuery: Sendable {
    package var vital: Vital
    /// The devices that are distinguished, at most: those with the most page views.
    package var devicesMax: Int
    /// The groups of a device that are compared, at most.
    package var groupsMax: Int
    /// The fewest values of a group, and the fewest of them that are not good.
    package var valuesMin: Int64
    package var slowMin: Int64

    package init(_ vital: Vital, devicesMax: Int, groupsMax: Int, valuesMin: Int64, slowMin: Int64) {
        (self.vital, self.devicesMax, self.groupsMax) = (vital, devicesMax, groupsMax)
        (self.valuesMin, self.slowMin) = (valuesMin, max(1, slowMin))
    }
}

/// The result of a scan for slow pages.
package struct SlowPageResult: Sendable {
    /// The groups with enough slow values: first those of all devices, and then those of each device that is distinguished, of which the
    /// one with the most page views comes first.
    package var groups: [(group: CauseGroup, summary: VitalSummary)] = []
    /// Whether a device, or all of them, have more groups than are compared; there are none then.
    package var hasTooMany = false
    package var damagedSegments = 0
}

/// Finds the pages with enough slow values, on all devices and on each, and summarizes their values.
///
/// The first pass counts values by page and device, so that the second one needs memory for the values of few groups. It has more passes if
/// these exceed the memory limit. Pages beyond the limits of dictionaries are left out.
package func scanSlowPages<Source: SegmentSource>(
    _ query: ScanQuery,
    _ slow: SlowPageQuery,
    _ source: Source,
    _ dictionaries: DimensionDictionaries,
    _ limits: ScanLimits = ScanLimits()
) throws(Source.Failure) -> SlowPageResult {
    var result = SlowPageResult()
    var counts = SlowPageCounts(slow.vital, paths: dictionaries.count(.path), devices: dictionaries.count(.device))
    let columns: Set<Column> = [.path, .device]
    let needs = ScanNeeds(visitors: false, vitals: [slow.vital])
    result.damagedSegments = try walk(query, source, columns, needs) { rows, columns throws(DamagedSegment) in
        counts.add(rows, try rows.load(.path, columns), try rows.load(.device, columns))
    }
    guard result.damagedSegments == 0 else { return result }
    guard let groups = counts.groups(slow, dictionaries) else {
        result.hasTooMany = true
        return result
    }
    guard !groups.isEmpty else { return result }
    var values = SlowPageValues(slow.vital, groups, counts, limits)
    while !values.isDone {
        // Exact values are few, and all of them are found in the first pass.
        let own = values.hasExact ? columns.union([slow.vital.remainderColumn]) : columns
        result.damagedSegments = try walk(query, source, own, needs) { rows, columns throws(DamagedSegment) in
            try values.add(rows, try rows.load(.path, columns), try rows.load(.device, columns), columns)
        }
        guard result.damagedSegments == 0 else { return result }
        values.finish()
    }
    result.groups = values.summaries
    return result
}

/// Values by device and page: all of them, and those that are not good.
private struct SlowPageCounts {
    /// Devices that can be distinguished; there are fewer, since our rules name them.
    private static let devicesMax = 64

    private let vital: Vital
    let paths: Int
    let devices: Int
    private var values: [UInt32]
    private var slow: [UInt32]
    /// By device: page views that count.
    private var pageViews: [Int64]

    init(_ vital: Vital, paths: Int, devices: Int) {
        (self.vital, self.paths, self.devices) = (vital, paths, min(devices, Self.devicesMax))
        values = Array(repeating: 0, count: self.devices * paths)
        slow = values
        pageViews = Array(repeating: 0, count: self.devices)
    }

    /// The device by a code, of which unknown ones are one.
    func device(_ code: UInt32) -> Int { Int(code) < devices ? Int(code) : Int(DimensionDictionaries.other) }
    func path(_ code: UInt32) -> Int { Int(code) < paths ? Int(code) : Int(DimensionDictionaries.other) }

    mutating func add(_ rows: SegmentRows, _ paths: SegmentCodes, _ devices: SegmentCodes) {
        guard let own = rows.vitals[vital.rawValue]?.rows else { return }
        let (width, good) = (paths.dictionary.count, VitalCode.encode(vital.bounds.good).code)
        // Values in the low half, and those that are not good in the high half: a segment has few enough.
        var found = [UInt64](repeating: 0, count: width * devices.dictionary.count)
        var views = [Int64](repeating: 0, count: devices.dictionary.count)
        let (owners, counted) = (rows.owners, rows.counted)
        unsafe found.withUnsafeMutableBufferPointer { found in
            unsafe views.withUnsafeMutableBufferPointer { views in
                rows.forEachInRange { row in
                    // Indexes are below the sizes of their dictionaries.
                    let (code, device) = (own[row], Int(devices.rows[owners[row]]))
                    unsafe views[device] &+= Int64(counted[row])
                    let value: UInt64 = code != VitalCode.none ? 1 : 0
                    let slow: UInt64 = code > good ? 1 : 0
                    unsafe found[device &* width &+ Int(paths.rows[row])] &+= value | slow << 32
                }
            }
        }
        for (index, code) in devices.dictionary.enumerated() {
            let device = device(code)
            pageViews[device] &+= views[index]
            for (number, path) in paths.dictionary.enumerated() {
                let (sum, target) = (found[index * width + number], device * self.paths + self.path(path))
                values[target] &+= UInt32(truncatingIfNeeded: sum)
                slow[target] &+= UInt32(truncatingIfNeeded: sum >> 32)
            }
        }
    }

    /// Values of a group.
    func count(_ group: CauseGroup) -> Int64 { sum(values, group) }

    private func sum(_ numbers: [UInt32], _ group: CauseGroup) -> Int64 {
        let path = path(group.path)
        if let code = group.device { return Int64(numbers[device(code) * paths + path]) }
        var sum: Int64 = 0
        for device in 0..<devices { sum += Int64(numbers[device * paths + path]) }
        return sum
    }

    /// The groups with enough values; nil if there are too many.
    func groups(_ query: SlowPageQuery, _ dictionaries: DimensionDictionaries) -> [CauseGroup]? {
        let seen = pageViews.indices.filter { pageViews[$0] > 0 }.sorted { one, other in
            guard pageViews[one] == pageViews[other] else { return pageViews[one] > pageViews[other] }
            let texts = (dictionaries.text(UInt32(one), .device), dictionaries.text(UInt32(other), .device))
            return texts.0.utf8.lexicographicallyPrecedes(texts.1.utf8)
        }
        let distinguished =
            seen.count > 1 ? seen.prefix(query.devicesMax).filter { $0 != DimensionDictionaries.none } : []
        var groups: [CauseGroup] = []
        for device in [nil] + distinguished.map({ UInt32($0) }) {
            let own = (0..<UInt32(paths)).map { CauseGroup(path: $0, device: device) }.filter { group in
                group.path != DimensionDictionaries.other && sum(slow, group) >= query.slowMin
                    && sum(values, group) >= query.valuesMin
            }
            guard own.count <= query.groupsMax else { return nil }
            groups += own
        }
        return groups
    }
}

/// The values of the groups.
private struct SlowPageValues {
    private let vital: Vital
    private let groups: [CauseGroup]
    private let limits: ScanLimits
    private let paths: Int
    private let devices: Int
    /// By page, the group of all devices; -1 without one.
    private var ofPath: [Int32]
    /// By device and page, the group of the device; -1 without one.
    private var ofDevice: [Int32]
    private let values: ValueSet
    /// By group: whether its values are few enough for exact percentiles.
    private let isExact: [Bool]
    private(set) var hasExact: Bool

    init(_ vital: Vital, _ groups: [CauseGroup], _ counts: SlowPageCounts, _ limits: ScanLimits) {
        (self.vital, self.groups, self.limits) = (vital, groups, limits)
        (paths, devices) = (counts.paths, counts.devices)
        ofPath = Array(repeating: -1, count: counts.paths)
        ofDevice = Array(repeating: -1, count: counts.paths * counts.devices)
        for (number, group) in groups.enumerated() {
            if let device = group.device {
                ofDevice[counts.device(device) * counts.paths + Int(group.path)] = Int32(number)
            } else {
                ofPath[Int(group.path)] = Int32(number)
            }
        }
        values = ValueSet(.list(0), vital, groups: groups.count)
        isExact = groups.map { counts.count($0) <= VitalSummary.exactCountMax }
        hasExact = isExact.contains(true)
    }

    var isDone: Bool { values.isDone }

    func add(
        _ rows: SegmentRows,
        _ paths: SegmentCodes,
        _ devices: SegmentCodes,
        _ columns: SegmentColumns
    ) throws(DamagedSegment) {
        let (least, most) = rows.bounds(vital)
        var bytes = max(limits.valueBytes, ValueSet.groupBytesMax)
        guard most > 0, let values = rows.vitals[vital.rawValue]?.rows,
            let counters = self.values.reserve(least, most, &bytes)
        else { return }
        let width = paths.dictionary.count
        // Unknown codes are those of pages that are left out.
        let ofPath = paths.dictionary.map { Int($0) < self.paths ? self.ofPath[Int($0)] : -1 }
        var ofDevice: [Int32] = []
        for device in devices.dictionary {
            let known = Int(device) < self.devices ? Int(device) : Int(DimensionDictionaries.other)
            ofDevice += paths.dictionary.map {
                Int($0) < self.paths ? self.ofDevice[known * self.paths + Int($0)] : -1
            }
        }
        var exact: [(row: UInt16, group: Int)] = []
        let (owners, isExact, hasExact) = (rows.owners, isExact, hasExact)
        unsafe ofPath.withUnsafeBufferPointer { ofPath in
            unsafe ofDevice.withUnsafeBufferPointer { ofDevice in
                func add(_ row: UInt16, _ code: UInt16, _ group: Int32) {
                    guard group >= 0 else { return }
                    if let start = counters.start(Int(group)) { counters.add(code, start) }
                    if hasExact, isExact[Int(group)] { exact.append((row, Int(group))) }
                }
                rows.forEachInRange { row in
                    let (code, path) = (values[row], Int(paths.rows[row]))
                    guard code != VitalCode.none else { return }
                    unsafe add(row, code, ofPath[path])
                    unsafe add(row, code, ofDevice[Int(devices.rows[owners[row]]) &* width &+ path])
                }
            }
        }
        guard !exact.isEmpty else { return }
        let remainders: [UInt32] = try columns.numbers(vital.remainderColumn)
        for (row, group) in exact {
            guard let value = VitalCode.value(values[row], remainders[Int(row)]) else { throw DamagedSegment() }
            self.values.exact[group].append(value)
        }
    }

    /// Summarizes the groups that a pass has counted.
    mutating func finish() {
        values.finish()
        hasExact = false
    }

    var summaries: [(group: CauseGroup, summary: VitalSummary)] {
        values.finishExact()
        return zip(groups, values.summaries).map { ($0, $1) }
    }
}
