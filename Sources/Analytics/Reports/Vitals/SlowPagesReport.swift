package import Segments
import Storage

/// The pages with the largest impact on a vital, on one device or on all, each with its main cause.
package struct SlowPagesReport: Sendable {
    /// The most frequent element or part of slow page views, with its share of those that have one.
    package struct Cause: Sendable, Equatable {
        package let value: String
        package let count: Int64
        package let total: Int64
    }

    package struct Row: Sendable {
        package let path: String
        /// Nil for all devices.
        package let device: String?
        package let summary: VitalSummary
        package let impact: Double
        /// Nil for a vital without elements or parts, and when no slow page view has one.
        package let element: Cause?
        package let part: Cause?
    }

    /// A page on one device, or on all.
    struct Group: Equatable {
        var path: UInt32
        var text: String
        var device: UInt32?
        var summary = VitalSummary()
        var impact: Double
    }

    /// The most rows.
    package static let limitMax = 10
    /// The devices that are distinguished, those with the most page views.
    static let devicesMax = 3
    /// A page is shown on one device when that has at least this part of the impact on all of its devices.
    static let devicePart = 0.75

    package let range: ReportRange
    package let vital: Vital
    package let sampleMin: Int64
    package let rows: [Row]

    init(_ context: ReportContext, _ vital: Vital, limit: Int, sampleMin: Int64) throws(ReportError) {
        (range, self.vital, self.sampleMin) = (context.query.range, vital, sampleMin)
        let query = SlowPageQuery(
            vital,
            devicesMax: Self.devicesMax,
            groupsMax: Impact.candidatesMax,
            valuesMin: sampleMin,
            slowMin: Impact.leastSlow(of: sampleMin)
        )
        let scan = try context.mergingIssues(context.scanQuery(context.query.range, withSeries: false))
        let found = try context.scanning { reader throws(StoreError) in
            try scanSlowPages(scan, query, reader, context.dictionaries)
        }
        try context.checkDamage(found.damagedSegments)
        guard !found.hasTooMany else { throw Impact.tooMany }
        let groups = found.groups.compactMap { one -> Group? in
            guard let impact = Impact.of(one.summary, vital, sampleMin: sampleMin), impact > 0 else { return nil }
            return Group(
                path: one.group.path,
                text: context.text(one.group.path, .path),
                device: one.group.device,
                summary: one.summary,
                impact: impact
            )
        }
        let chosen = Self.chosen(
            groups.filter { $0.device == nil },
            groups.filter { $0.device != nil },
            limit: limit
        )
        rows = try Self.rows(context, scan, chosen, vital)
    }

    /// The groups with the largest impact, each page once: on the device with most of its impact, or on all devices.
    static func chosen(_ pages: [Group], _ onDevices: [Group], limit: Int) -> [Group] {
        var best: [UInt32: Group] = [:]
        for group in pages { best[group.path] = group }
        for (path, groups) in Dictionary(grouping: onDevices, by: \.path) {
            // Of equal impacts, that of the device with more page views, which comes first.
            guard var largest = groups.first else { continue }
            for group in groups where group.impact > largest.impact { largest = group }
            let sum = groups.reduce(0) { $0 + $1.impact }
            if best[path] == nil || largest.impact >= Self.devicePart * sum { best[path] = largest }
        }
        return Array(
            best.values.sorted { one, other in
                guard one.impact == other.impact else { return one.impact > other.impact }
                return one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
            }
            .prefix(limit)
        )
    }

    // MARK: - Causes

    private static func rows(
        _ context: ReportContext,
        _ scan: ScanQuery,
        _ groups: [Group],
        _ vital: Vital
    ) throws(ReportError) -> [Row] {
        let (element, part) = dimensions(vital)
        let wanted = [element, part].compactMap { $0 }
        var causes: [[Segments.Cause?]] = groups.map { _ in [] }
        if !wanted.isEmpty, !groups.isEmpty {
            let own = groups.map { CauseGroup(path: $0.path, device: $0.device) }
            let result = try context.scanning { reader throws(StoreError) in
                try scanCauses(scan, own, vital, wanted.map(\.column), reader, context.dictionaries)
            }
            try context.checkDamage(result.damagedSegments)
            causes = result.causes
        }
        return zip(groups, causes).map { group, causes in
            func cause(_ dimension: ReportDimension?) -> Cause? {
                guard let dimension, let index = wanted.firstIndex(of: dimension), let found = causes[index]
                else { return nil }
                return Cause(
                    value: context.text(found.code, dimension.column),
                    count: found.count,
                    total: found.total
                )
            }
            return Row(
                path: group.text,
                device: group.device.map { context.text($0, .device) },
                summary: group.summary,
                impact: group.impact,
                element: cause(element),
                part: cause(part)
            )
        }
    }

    private static func dimensions(_ vital: Vital) -> (element: ReportDimension?, part: ReportDimension?) {
        switch vital {
        case .lcp: (.lcpElement, .lcpPart)
        case .inp: (.inpElement, .inpPart)
        case .cls: (.clsElement, nil)
        case .fcp, .ttfb: (nil, nil)
        }
    }
}

extension Reports {
    package func slowPages(
        _ query: ReportQuery,
        _ vital: Vital,
        limit: Int,
        sampleMin: Int64 = Impact.sampleMin
    ) throws(ReportError) -> SlowPagesReport {
        try computed(query) { context throws(ReportError) in
            try SlowPagesReport(context, vital, limit: min(limit, SlowPagesReport.limitMax), sampleMin: sampleMin)
        }
    }
}
