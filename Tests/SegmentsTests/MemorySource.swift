import Segments

/// Segments in memory.
struct MemorySource: SegmentSource {
    var segments: [(info: SegmentInfo, columns: [Column: [UInt8]])] = []

    /// Each array of sessions becomes a segment; sessions whose keys are in `dead` are dead.
    init(_ parts: [[SessionRow]], dead: Set<UInt64> = []) {
        for (index, sessions) in parts.enumerated() {
            let encoded = SegmentEncoder.encode(sessions)
            var info = encoded.info
            info.id = Int64(index + 1)
            let columns = Dictionary(uniqueKeysWithValues: encoded.columns.map { ($0.column, $0.data) })
            let keys = SegmentDecoder.sessionKeys(info, columns[.sessionKey] ?? []) ?? []
            info.dead = [UInt8](repeating: 0, count: (keys.count + 7) / 8)
            for (row, key) in keys.enumerated() where dead.contains(key) { info.dead[row / 8] |= 1 << (row % 8) }
            if dead.isEmpty { info.dead = [] }
            segments.append((info, columns))
        }
    }

    func segments(from: Int64, to: Int64) throws(Never) -> [SegmentInfo] { segments.map(\.info) }

    func read(
        _ ids: [Int64],
        _ columns: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(Never) {
        for segment in segments where ids.contains(segment.info.id) {
            take(segment.info.id, columns.compactMap { column in segment.columns[column].map { (column, $0) } })
        }
    }
}
