import Storage
import StorageSQLite
import TestSupport
import Testing

@testable import Archive

private func event(payload: String, path: String? = "/a") -> [SQLValue] {
    ArchiveTable.events.columns.map { column in
        switch column.name {
        case "id": .integer(7)
        case "received_at": .integer(1_764_000_000_000_001)
        case "payload": .text(payload)
        case "path": SQLValue(path)
        case "event_id": .text("01234567-89ab-cdef-0123-456789abcdef")
        case "seq": .integer(1)
        case "visitor_id", "session_id", "pageview_id", "event_type": .text("x")
        default: .null
        }
    }
}

private func line(_ row: [SQLValue]) -> [UInt8] {
    var bytes: [UInt8] = []
    ArchiveLine.append(row, ArchiveTable.events.columns, to: &bytes)
    return bytes
}

@Test(arguments: [
    "{}", #"{"a": [1.50, 1e400, true, null], "b":"\u00e9\n"}"#, #"{"a":1,"a":2}"#, #""text""#, "null", "17",
    "{\"a\":\n1}", " {}", "{} ", "not JSON", #"{"a"#, #"{"nul":"\u0000"}"#, "",
    String(repeating: "[", count: 63) + String(repeating: "]", count: 63),
    String(repeating: "[", count: 70) + String(repeating: "]", count: 70),
])
func `a row comes back byte by byte from its line`(payload: String) throws {
    let row = event(payload: payload, path: "/\"\\\u{1}\u{2028}\r\n\t é")
    let bytes = line(row)
    #expect(bytes.last == 0x0A && bytes.count { $0 == 0x0A } == 1)
    let found = try #require(ArchiveLine.row(Array(bytes.dropLast()), .events))
    #expect(found == row)
    #expect(found.last?.text.map { Array($0.utf8) } == Array(payload.utf8))
}

@Test func `a payload is JSON in its line, and a time is text in UTC`() {
    let text = String(decoding: line(event(payload: #"{"a": 1.50}"#)), as: UTF8.self)
    #expect(text.contains(#""payload":{"a": 1.50}}"#) && text.contains(#""received_at":"2025-11-24T16:00:00.000001Z""#))
}

@Test(arguments: [
    (#""id":7"#, #""id":"7""#), (#""id":7"#, #""id":null"#), (#""id":7"#, #""id":7.5"#),
    (#""path":"/a""#, #""path":1"#),
    (#""path":"/a""#, #""later":1"#), (#""payload""#, #""payload"#), ("01234567-89ab", "x"),
    ("2025-11-24T16", "yesterday"), (#""path":"/a""#, #""path":"\u0000""#),
])
func `a line with a wrong value or an unknown column is no row`(part: String, replacement: String) {
    let text = String(decoding: line(event(payload: "{}")).dropLast(), as: UTF8.self)
    #expect(ArchiveLine.row(Array(text.utf8), .events) != nil)
    #expect(ArchiveLine.row(Array(text.replacing(part, with: replacement).utf8), .events) == nil)
}

@Test func `a column that a line does not have is NULL`() throws {
    let text = String(decoding: line(event(payload: "{}")).dropLast(), as: UTF8.self)
    let row = try #require(ArchiveLine.row(Array(text.replacing(#","path":"/a""#, with: "").utf8), .events))
    #expect(row == event(payload: "{}", path: nil))
}

@Test func `an archive has all columns of the tables that retention removes rows of`() throws {
    let folder = try TemporaryFolder()
    let store = SQLiteStore(path: folder.file("collector.sqlite"), migrations: try Repository.migrations("sqlite"))
    _ = try store.migrate()
    let database = try store.makeDatabase()
    for table in ArchiveTable.all {
        let columns = try database.rows("select name from pragma_table_info('\(table.name)')").compactMap { $0[0].text }
        #expect(Set(columns) == Set(table.columns.map(\.name)), "\(table.name)")
    }
}

@Test func `names of files have their day, table and version`() {
    let name = ArchiveFolder.name("2026-11-28", .reports, version: 3)
    #expect(name == "2026-11-28-delivery-reports.3.ndjson.gz")
    #expect(ArchiveFolder.version(name, "2026-11-28", .reports) == 3)
    for wrong in ["2026-11-28-events.1.ndjson.gz", "2026-11-28-events.x.ndjson.gz", "2026-11-28-events.ndjson", "a"] {
        #expect(ArchiveFolder.version(wrong, "2026-11-28", .events) == nil, "\(wrong)")
    }
}
