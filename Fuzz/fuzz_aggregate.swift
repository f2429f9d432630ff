// Events of any content become sessions and segments without a trap, segments read back as they were written, and damaged ones are noticed.

@testable import Aggregation
@testable import Reports
@testable import Rollups
import Segments
import Storage
import Texts

/// Checks what is written, and returns rows made of the fuzzer's bytes, as a damaged database would.
private final class FuzzedDatabase: Database, @unchecked Sendable {
    // Unchecked: the fuzzer has one thread.
    private var input: Input
    private(set) var writtenCount = 0

    var rowsOfNextRead = ReadBudget.rowsAtFirst

    init(_ input: Input) { self.input = input }

    let dialect = SQLDialect(
        microseconds: { $0 },
        json: { $0 },
        time: { $0 },
        timeKey: { $0 },
        timeOfKey: { $0 },
        keyOfTime: { .integer($0) },
        jsonOfText: { $0 },
        uuidOfText: { $0 },
        reserveIDs: { $0 },
        bytewise: { $0 },
        turn: { _ in nil }
    )

    func rows(_ sql: String, _ parameters: [SQLValue], milliseconds: Int32) throws(StoreError) -> [[SQLValue]] {
        guard let columns = sql.split(separator: " from ").first?.split(separator: ",").count, input.byte() % 3 == 0
        else { return [] }
        return [(0..<columns).map { _ in input.value() }]
    }

    func stream(
        _ sql: String,
        _ parameters: [SQLValue],
        milliseconds: Int32,
        _ take: ([SQLValue]) -> Bool
    ) throws(StoreError) {
        for row in try rows(sql, parameters, milliseconds: milliseconds) { guard take(row) else { return } }
    }

    func change(_ sql: String, _ parameters: [SQLValue]) throws(StoreError) -> Int {
        precondition(!sql.utf8.contains(0))
        for parameter in parameters { check(parameter) }
        writtenCount += parameters.count
        return 1
    }

    private func check(_ value: SQLValue) {
        switch value {
        case .null, .integer, .blob: break
        case .real: preconditionFailure("a number that is no integer is written")
        case .text(let text): precondition(!text.utf8.contains(0), "PostgreSQL has no text with U+0000")
        }
    }

    func transaction(
        ifChanged guardSQL: String?,
        _ parameters: [SQLValue],
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        try body()
        return true
    }
    var hasSnapshots: Bool { true }
    var hasSharedSnapshots: Bool { true }
    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) { try body() }
    func snapshot(with other: any Database, _ body: () throws(StoreError) -> Void) throws(StoreError) { try body() }
    func storageSize() throws(StoreError) -> StorageSize { StorageSize() }
    func returnSpace() throws(StoreError) -> Int64 { 0 }
    func savepoint(_ body: () throws(StoreError) -> Void) throws(StoreError) { try body() }
    func makeTemporaryCopies(_ tables: [String]) throws(StoreError) -> String { "" }
    func committedHighWaterMark() throws(StoreError) -> Int64 { 0 }
    func highestEventID() throws(StoreError) -> Int64 { 0 }
    func openWriters() throws(StoreError) -> [OpenWriter] { [] }
}

/// Reads values out of the fuzzer's bytes; zeros when they are at their end.
private struct Input {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) { rest = Array(bytes)[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func integer() -> Int64 {
        switch byte() % 6 {
        case 0: Int64(byte())
        case 1: .max
        case 2: .min
        case 3: (0..<8).reduce(0) { number, _ in number << 8 | Int64(byte()) }
        // Moments of our time, in microseconds.
        case 4: 1_795_456_784_000_000 + Int64(byte()) * 1_000_000
        default: -Int64(byte())
        }
    }

    /// Text up to the next zero: what is stored has none, and is UTF-8.
    mutating func text() -> String {
        let text = rest.prefix { $0 != 0 }
        rest = rest.dropFirst(text.count + 1)
        return String(decoding: text, as: UTF8.self)
    }

    mutating func value() -> SQLValue {
        switch byte() % 5 {
        case 0: .null
        case 1: .integer(integer())
        case 2: .text(text())
        case 3: .real(Double(bitPattern: UInt64(bitPattern: integer())))
        default: .blob(Array(text().utf8))
        }
    }

    private static let types = [
        "pageview", "webvitals", "engagement", "error", "resources", "fingerprint_ready", "click",
    ]

    /// The next event; its ids, times and payload are whatever the bytes say.
    mutating func event(_ number: Int) -> StoredEvent? {
        let kind = byte()
        let id = kind & 0x80 == 0 ? Int64(number + 1) : integer()
        let time = kind & 0x40 == 0 ? 1_795_456_784_000_000 : integer()
        let seq = kind & 0x20 == 0 ? Int64(number) : integer()
        let visitor = kind & 0x10 == 0 ? "v_1" : text()
        let view = kind & 0x08 == 0 ? "p_1" : text()
        let choice = Int(byte())
        let type = choice < Self.types.count * 30 ? Self.types[choice % Self.types.count] : text()
        let extra: [SQLValue] = (0..<3).map { _ in kind & 0x04 == 0 ? SQLValue.null : .text(text()) }
        return StoredEvent(
            [.integer(id), .integer(time), .text(visitor), .text("s_1"), .text(view), .text(type), .integer(seq)]
                + [.text("shop.example")] + extra + [.text(text())]
        )
    }
}

/// One segment, perhaps with bytes that are not those that were written.
private struct FuzzedSource: SegmentSource {
    var info: SegmentInfo
    var columns: [(Column, [UInt8])]

    func segments(from: Int64, to: Int64) throws(Never) -> [SegmentInfo] { [info] }

    func read(
        _ ids: [Int64],
        _ wanted: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(Never) {
        for id in ids { take(id, columns.filter { wanted.contains($0.0) }) }
    }

    /// A scan that reads every column.
    func scan(_ dictionaries: DimensionDictionaries) -> ScanResult {
        var query = ScanQuery(from: info.firstTime, to: info.lastTime + 1, edges: [info.firstTime])
        query.vitals = Vital.allCases
        query.withSeriesVisitors = true
        query.selection = .sessions
        query.lists = ReportDimension.allCases.map { dimension in
            var list = dimension.list(limit: 3)
            list.withVisitors = true
            return list
        }
        return Segments.scan(query, self, dictionaries)
    }

    mutating func damage(_ input: inout Input) {
        let column = Int(input.byte()) % columns.count
        guard !columns[column].1.isEmpty else { return }
        let index = (Int(input.byte()) << 8 | Int(input.byte())) % columns[column].1.count
        switch input.byte() % 4 {
        case 0: columns[column].1.removeLast(columns[column].1.count - index)
        case 1: columns[column].1.append(input.byte())
        default: columns[column].1[index] = input.byte()
        }
    }
}

/// The sessions that events make, as rows in the order of a segment.
private func sessions(_ events: [StoredEvent], _ aggregator: inout Aggregator) -> [SessionRow] {
    var states: [SessionID: SessionState] = [:]
    for event in events {
        aggregator.dictionaries.eventID = event.id
        _ = states[SessionID(event), default: SessionState(SessionID(event))].add(event, &aggregator)
    }
    let rows = states.values.map { state in
        let id = state.id
        let key = aggregator.hashes.sessionKey(site: id.site, visitor: id.visitorID, session: id.sessionID)
        return state.row(key: key, visitor: UInt32(truncatingIfNeeded: key) % 1000)
    }
    return rows.filter { !$0.pageViews.isEmpty }.sorted {
        ($0.pageViews[0].time, $0.key) < ($1.pageViews[0].time, $1.key)
    }
}

private func checkSegments(_ rows: [SessionRow], _ input: inout Input, _ dictionaries: DimensionDictionaries) {
    var read: [SessionRow] = []
    for segment in SegmentStore.encode(rows, after: 0) {
        let columns = segment.columns.map { ($0.column, $0.data) }
        guard let found = SegmentDecoder.sessions(segment.info, columns) else { preconditionFailure("not readable") }
        read += found
        var source = FuzzedSource(info: segment.info, columns: columns)
        precondition(source.scan(dictionaries).damagedSegments == 0, "a segment that was written counts as damaged")
        for _ in 0..<3 {
            source.damage(&input)
            _ = source.scan(dictionaries)
            _ = SegmentDecoder.sessions(source.info, source.columns)
        }
    }
    precondition(read == rows, "sessions are not those that were written")
}

private let secret = String(repeating: "5a", count: 32)

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAggregate(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    guard let hashes = KeyedHashes(secret: secret) else { preconditionFailure("no SipHash") }
    var input = Input(bytes)
    var damage = Input(bytes.reversed())
    let database = FuzzedDatabase(Input(bytes.reversed()))
    let names = AdmittedNames(database)
    var aggregator = Aggregator(hashes: hashes)
    var events: [StoredEvent] = []
    while !input.isAtEnd, events.count < 40 {
        guard let event = input.event(events.count) else { continue }
        events.append(event)
    }
    let rows = sessions(events, &aggregator)
    checkSegments(rows, &damage, aggregator.dictionaries)
    do {
        var seen = ReleaseChanges()
        for row in rows { seen.add(row, site: "example.com", isHuman: true) }
        let issues = IssueWriter(database: database, dictionaries: aggregator.dictionaries)
        try issues.write(aggregator.issues, humans: seen.humanIssues)
        let ids = Set(aggregator.fingerprints.map { ByteText($0.visitorID) })
        let visitors = Dictionary(uniqueKeysWithValues: zip(ids, UInt32(1)...))
        let writer = FingerprintWriter(database: database, names: names, visitors: visitors)
        let blocks = FingerprintBlocks(database: database, limits: FingerprintBlocks.Limits())
        try blocks.fold(visitors: Int64(ids.count))
        try blocks.write(writer.write(aggregator.fingerprints))
        // Rows of a store that somebody has damaged.
        let query = ReportQuery(range: try ReportRange(from: 1_795_000_000, to: 1_796_000_000), includesBots: true)
        let reports = Reports(database, DictionaryCache())
        _ = try reports.overview(query, now: events.map(\.seconds).max() ?? 0)
        _ = try reports.performance(query)
        _ = try reports.fingerprints(query, isAllTime: true)
        _ = try reports.fingerprints(query, isAllTime: false)
        _ = try reports.dataQuality(query)
        _ = try reports.sites()
        _ = try reports.breakdowns(query, ReportDimension.allCases, ListSelection(limit: 5))
        _ = try reports.issues(query)
        _ = try reports.live(site: nil, now: events.map(\.seconds).max() ?? 0)
    } catch {}
    return 0
}
