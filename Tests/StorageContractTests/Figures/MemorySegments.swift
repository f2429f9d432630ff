import Segments
import Storage

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// Segments that hold the sessions of all events, in memory: what the server would have written.
struct MemorySegments: SegmentSource {
    private var infos: [SegmentInfo] = []
    private var columns: [Int64: [(Column, [UInt8])]] = [:]
    let dictionaries: DimensionDictionaries
    let issues: IssueTexts
    let sessions: [SessionRow]

    /// Adds all events, in portions of some sessions, in the order of their ids or in the opposite one.
    init(_ database: any Storage.Database, backwards: Bool, sessionsOfSegment: Int) throws {
        var aggregator = Aggregator(hashes: try KeyedHashes(database))
        var states: [SessionID: SessionState] = [:]
        var order: [SessionID] = []
        let rows = try database.rows(
            "select \(StoredEvent.columns(database.dialect)) from collector_events order by id \(backwards ? "desc" : "")"
        )
        for event in rows.compactMap(StoredEvent.init) {
            let id = SessionID(event)
            if states[id] == nil { order.append(id) }
            states[id, default: SessionState(id)].add(event, &aggregator)
        }
        var visitors: [String: UInt32] = [:]
        var result: [SessionRow] = []
        for (number, id) in order.enumerated() {
            let visitor = visitors[id.visitorID] ?? UInt32(visitors.count)
            visitors[id.visitorID] = visitor
            guard let state = states[id] else { continue }
            result.append(state.row(key: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, visitor: visitor))
        }
        sessions = result
        var texts = IssueTexts()
        for (key, change) in aggregator.issues { texts.add(key.issue, change.description.message) }
        issues = texts
        dictionaries = aggregator.dictionaries
        for start in stride(from: 0, to: result.count, by: sessionsOfSegment) {
            let segment = SegmentEncoder.encode(Array(result[start..<min(start + sessionsOfSegment, result.count)]))
            var info = segment.info
            info.id = Int64(infos.count + 1)
            infos.append(info)
            columns[info.id] = segment.columns
        }
    }

    func segments(from: Int64, to: Int64) throws(Never) -> [SegmentInfo] {
        infos.filter { $0.firstTime < to && $0.lastTime >= from }
    }

    func read(
        _ ids: [Int64],
        _ wanted: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(Never) {
        for id in ids { take(id, (columns[id] ?? []).filter { wanted.contains($0.0) }) }
    }
}

/// Ids of issues by the messages of their errors, which distinguish the faults of random events.
struct IssueTexts {
    private(set) var idsByMessage: [String: [String]] = [:]
    private(set) var messages: [String: String] = [:]

    mutating func add(_ id: String, _ message: String) {
        guard messages[id] == nil else { return }
        messages[id] = message
        idsByMessage[message, default: []].append(id)
    }
}
