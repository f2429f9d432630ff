// Whatever events hold, their figures are made without a trap, and what is written fits into the columns of either store.

import Sketches
import Storage

/// Takes what would be written, and gives back rows of the fuzzer's: what is kept may be damaged, too.
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
        bytewise: { $0 },
        sum: { expression, window in "sum(\(expression))\(window)" }
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
        // A counter is never further from zero than what a sum of two may be.
        if sql.hasPrefix("insert into insight_counts") {
            let width = 6 + Counters.columns.count
            for (place, parameter) in parameters.enumerated() where place % width >= 6 {
                guard case .integer(let counter) = parameter else { preconditionFailure("a counter is no integer") }
                precondition(counter.magnitude <= UInt64(Int64.sumMax), "a counter is out of its range")
            }
        }
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
    func snapshot(_ body: () throws(StoreError) -> Void) throws(StoreError) { try body() }
    func shadow(_ tables: [String]) throws(StoreError) -> String { "" }
    func settledEventID() throws(StoreError) -> Int64 { 0 }
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
        let place = Int(byte())
        let type = place < Self.types.count * 30 ? Self.types[place % Self.types.count] : text()
        let extra: [SQLValue] = (0..<3).map { _ in kind & 0x04 == 0 ? SQLValue.null : .text(text()) }
        return StoredEvent(
            [.integer(id), .integer(time), .text(visitor), .text("s_1"), .text(view), .text(type), .integer(seq)]
                + [.text("shop.example")] + extra + [.text(text())]
        )
    }
}

private let secret = String(repeating: "5a", count: 32)

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAggregate(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    guard let hashes = KeyedHashes(secret: secret) else { preconditionFailure("no SipHash") }
    var input = Input(bytes)
    let database = FuzzedDatabase(Input(bytes.reversed()))
    let names = AdmittedNames(database)
    var fold = Fold(hashes: hashes)
    fold.names = names
    var events: [StoredEvent] = []
    while !input.isAtEnd, events.count < 40 {
        guard let event = input.event(events.count) else { continue }
        if events.count % 7 == 3 { fold.recall(event, events.count % 2 == 0 ? .view : .session) }
        fold.add(event)
        events.append(event)
    }
    let changes = fold.take()
    do {
        try RollupWriter(database: database, names: names).write(changes)
        names.keep()
        precondition(events.isEmpty || database.writtenCount > 0)
        let times = events.map(\.seconds).sorted()
        // Rows of a store that somebody has damaged.
        let query = ReportQuery(range: try ReportRange(from: 1_795_000_000, to: 1_796_000_000), includesBots: true)
        let reports = Reports(database, DictionaryCache())
        _ = try reports.overview(query, now: times.last ?? 0).encoded
        _ = try reports.performance(query).encoded
        _ = try reports.fingerprints(site: nil).encoded
        _ = try reports.sites().encoded
        _ = try reports.breakdowns(query, ReportDimension.allCases, limit: 5).encoded
        _ = try reports.issues(query).encoded
        _ = try reports.live(site: nil, now: times.last ?? 0).encoded
    } catch {}
    return 0
}
