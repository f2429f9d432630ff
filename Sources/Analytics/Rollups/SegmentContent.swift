import Segments
import Storage
import Aggregation
import Texts

/// Checksums of all live sessions by site and day, independent of segment boundaries.
struct SegmentContent {
    struct Key: Hashable {
        @ByteText var site: String
        var day: Int64
    }

    struct Sum: Equatable {
        var sessions: Int64 = 0
        var hash: UInt64 = 0
    }

    private(set) var sums: [Key: Sum] = [:]
    private(set) var damaged: [Int64] = []
    private var dictionaries: DimensionDictionaries
    /// Hashes of the dictionary texts, by dictionary and code.
    private var hashes: [[UInt64]]
    private var visitors: [UInt64] = []

    /// `kept` are sessions to leave out, and so are those with the keys `pending`.
    init(
        _ database: any Database,
        prefix: String,
        without kept: KeptSessions? = nil,
        pending: Set<UInt64> = []
    ) throws(StoreError) {
        var dictionaries = DimensionDictionaries()
        try dictionaries.complete(database, prefix: prefix)
        self.dictionaries = dictionaries
        let count = Int(Column.Dictionary.allCases.map(\.rawValue).max() ?? 0) + 1
        var hashes = [[UInt64]](repeating: [], count: count)
        for dictionary in Column.Dictionary.allCases {
            hashes[Int(dictionary.rawValue)] = dictionaries.texts(dictionary).map { Self.hash($0) }
        }
        self.hashes = hashes
        var numbers: [UInt64] = []
        try database.stream("select hash, number from \(prefix)visitor_numbers", [], milliseconds: 600_000) { row in
            let number = Int(row[1].integer ?? 0)
            if number >= numbers.count {
                numbers += Array(repeating: 0, count: max(number + 1, numbers.count * 2) - numbers.count)
            }
            numbers[number] = UInt64(bitPattern: row[0].integer ?? 0)
            return true
        }
        visitors = numbers
        let reader = SegmentReader(database, prefix: prefix)
        let infos = try reader.segments(from: .min, to: .max)
        var byID: [Int64: SegmentInfo] = [:]
        for info in infos { byID[info.id] = info }
        var found: Set<Int64> = []
        var content = self
        try reader.read(infos.map(\.id), Column.allCases) { id, columns in
            guard let info = byID[id], let rows = SegmentDecoder.sessions(info, columns) else { return }
            found.insert(id)
            for (index, row) in rows.enumerated() where !info.isDead(index) {
                if let kept, kept.contains(row.key, of: row.site, startingAt: row.pageViews[0].time) { continue }
                if pending.contains(row.key) { continue }
                content.add(row)
            }
        }
        content.damaged = infos.map(\.id).filter { !found.contains($0) }
        self = content
    }

    private static func mix(_ hash: inout UInt64, _ value: UInt64) {
        hash = (hash ^ value) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
    }

    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0x2545_F491_4F6C_DD1D
        for byte in text.utf8 { mix(&hash, UInt64(byte)) }
        return hash
    }

    private mutating func add(_ row: SessionRow) {
        var hash = row.key
        func code(_ column: Column, _ code: UInt32) {
            let list = column.dictionary.map { hashes[Int($0.rawValue)] } ?? []
            Self.mix(&hash, Int(code) < list.count ? list[Int(code)] : 1)
        }
        func number(_ value: some BinaryInteger) { Self.mix(&hash, UInt64(truncatingIfNeeded: value)) }
        Self.mix(&hash, Int(row.visitor) < visitors.count ? visitors[Int(row.visitor)] : 1)
        for field in SessionRow.codeColumns { code(field.column, field.code(row)) }
        for view in row.pageViews {
            number(view.time); number(view.isCounted ? 1 : 0)
            for field in PageViewRow.codeColumns { code(field.column, field.code(view)) }
            number(view.delivery?.isInvalid == true ? UInt32.max : view.delivery?.emitted ?? UInt32.max - 1)
            number(view.delivery?.dropped ?? 0); number(view.delivery?.lost ?? 0)
            number(view.eventsReceived); number(Int64(view.engagement ?? .max)); number(view.scrollDepth ?? 255)
            for vital in Vital.allCases { number(view.vitals[vital.rawValue]?.bitPattern ?? .max) }
        }
        for event in row.events {
            number(event.pageView)
            number(event.time)
            number(event.kind.rawValue)
            code(.eventName, event.name)
            code(.eventIssue, event.issue)
            number(event.count)
            number(event.value ?? .min)
            code(.eventCurrency, event.currency)
            code(.eventPath, event.path)
        }
        for resource in row.resources {
            number(resource.pageView)
            number(resource.kind.rawValue)
            code(.resourceName, resource.name)
            number(resource.duration.bitPattern)
            number(resource.bytes)
        }
        let time = row.pageViews.first?.time ?? 0
        let day = UTCDay.start(time)
        let key = Key(site: dictionaries.text(row.site, .site), day: day)
        sums[key, default: Sum()].sessions += 1
        sums[key, default: Sum()].hash &+= hash
    }
}
