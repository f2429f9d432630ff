/// An encoded segment that has not been stored yet.
package struct EncodedSegment: Sendable {
    /// The id is 0 until assigned.
    package var info: SegmentInfo
    package var columns: [(column: Column, data: [UInt8])]
}

/// Encodes sessions as columns.
package enum SegmentEncoder {
    /// Limit of page views per segment.
    package static let pageViewsMax = 65_536
    /// Limit of events, and of resources, per segment.
    package static let eventsMax = 16_777_216

    /// Encodes one or more sessions with at most `pageViewsMax` page views, sorted by first page view and key.
    package static func encode(_ sessions: [SessionRow]) -> EncodedSegment {
        let sessions = sessions.sorted { one, other in
            let times = (one.pageViews.first?.time ?? 0, other.pageViews.first?.time ?? 0)
            return times.0 == times.1 ? one.key < other.key : times.0 < times.1
        }
        let pageViews = sessions.flatMap(\.pageViews)
        let events = sessions.flatMap(\.events)
        precondition(!pageViews.isEmpty && pageViews.count <= pageViewsMax)
        let times = pageViews.map(\.time) + events.map(\.time)
        let (first, last) = (times.min() ?? 0, times.max() ?? 0)
        let resources = sessions.reduce(0) { $0 + $1.resources.count }
        precondition(events.count <= eventsMax && resources <= eventsMax)
        var writer = ColumnWriter(sessions: sessions, pageViews: pageViews, events: events, firstTime: first)
        writer.writeSessions()
        writer.writePageViews()
        writer.writeEvents()
        writer.writeResources()
        let info = SegmentInfo(
            id: 0,
            firstTime: first,
            lastTime: last,
            sessions: sessions.count,
            pageViews: pageViews.count,
            events: events.count,
            resources: resources
        )
        return EncodedSegment(info: info, columns: writer.columns)
    }
}

private struct ColumnWriter {
    let sessions: [SessionRow]
    let pageViews: [PageViewRow]
    let events: [EventRow]
    let firstTime: Int64
    var columns: [(column: Column, data: [UInt8])] = []

    mutating func writeSessions() {
        numbers(.sessionKey, sessions.map(\.key))
        numbers(.visitor, sessions.map { UInt64($0.visitor) })
        numbers(.pageViewRows, sessions.map { UInt64($0.pageViews.count) })
        for field in SessionRow.codeColumns { codes(field.column, field.codes(sessions)) }
        codes(.entryPath, sessions.map { $0.endPaths.entry })
        codes(.exitPath, sessions.map { $0.endPaths.exit })
    }

    mutating func writePageViews() {
        numbers(.time, pageViews.map { UInt64($0.time - firstTime) })
        numbers(.counted, pageViews.map { $0.isCounted ? 1 : 0 })
        for field in PageViewRow.codeColumns { codes(field.column, field.codes(pageViews)) }
        numbers(.eventsReceived, pageViews.map { UInt64($0.eventsReceived) })
        numbers(.engagement, pageViews.map { $0.engagement.map { UInt64($0) + 1 } ?? 0 })
        numbers(.scrollDepth, pageViews.map { $0.scrollDepth.map { UInt64($0) + 1 } ?? 0 })
        numbers(.emitted, pageViews.map { UInt64($0.delivery?.code ?? 0) })
        numbers(.dropped, pageViews.map { UInt64($0.delivery?.dropped ?? 0) })
        numbers(.lost, pageViews.map { UInt64($0.delivery?.lost ?? 0) })
        for vital in Vital.allCases {
            let values = pageViews.map { VitalCode.encode($0.vitals[vital.rawValue]) }
            numbers(vital.column, values.map { UInt64($0.code) })
            numbers(vital.remainderColumn, values.map { UInt64($0.remainder) })
        }
    }

    mutating func writeEvents() {
        numbers(.eventPageView, rows { $0.events.map(\.pageView) })
        numbers(.eventTime, events.map { UInt64($0.time - firstTime) })
        numbers(.eventKind, events.map { UInt64($0.kind.rawValue) })
        codes(.eventName, events.map(\.name))
        codes(.eventIssue, events.map(\.issue))
        numbers(.eventCount, events.map { UInt64($0.count) })
        numbers(.eventValue, events.map { EventValue.encode($0.value) })
        codes(.eventCurrency, events.map(\.currency))
        codes(.eventPath, events.map(\.path))
    }

    mutating func writeResources() {
        let resources = sessions.flatMap(\.resources)
        numbers(.resourcePageView, rows { $0.resources.map(\.pageView) })
        numbers(.resourceKind, resources.map { UInt64($0.kind.rawValue) })
        codes(.resourceName, resources.map(\.name))
        let durations = resources.map { VitalCode.encode($0.duration) }
        numbers(.resourceDuration, durations.map { UInt64($0.code) })
        numbers(.resourceDurationRemainder, durations.map { UInt64($0.remainder) })
        numbers(.resourceBytes, resources.map(\.bytes))
    }

    /// Converts page view indexes within sessions to rows within the segment.
    private func rows(_ pageViews: (SessionRow) -> [UInt16]) -> [UInt64] {
        var first: UInt64 = 0
        var rows: [UInt64] = []
        for session in sessions {
            for index in pageViews(session) {
                precondition(Int(index) < session.pageViews.count)
                rows.append(first + UInt64(index))
            }
            first += UInt64(session.pageViews.count)
        }
        return rows
    }

    private mutating func numbers(_ column: Column, _ values: [UInt64]) {
        columns.append((column, ColumnBytes.encode(numbers: values)))
    }

    private mutating func codes(_ column: Column, _ values: [UInt32]) {
        columns.append((column, ColumnBytes.encode(codes: values)))
    }
}

/// The numbers that stand for values of events in a column.
enum EventValue {
    /// Zigzag coding keeps numbers small that are near zero.
    static func encode(_ value: Int64?) -> UInt64 {
        guard let value else { return 0 }
        let zigzag = UInt64(bitPattern: (value &<< 1) ^ (value >> 63))
        return zigzag == .max ? 0 : zigzag + 1
    }

    static func decode(_ code: UInt64) -> Int64? {
        guard code > 0 else { return nil }
        let zigzag = code - 1
        return Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
    }
}

extension SessionRow {
    /// Paths of the first and last counted page view; of all page views when none is counted.
    var endPaths: (entry: UInt32, exit: UInt32) {
        let first = pageViews.first(where: \.isCounted) ?? pageViews.first
        let last = pageViews.last(where: \.isCounted) ?? pageViews.last
        return (first?.path ?? 0, last?.path ?? 0)
    }
}
