import Foundation
import Testing

@testable import HTTPAPI
import Reports

@Suite struct ExportFormatTests {
    private static let names = ["number", "decimal", "missing", "text", "json"]

    private func row(_ format: ExportFormat, _ cells: [ExportCell]) -> String {
        String(decoding: format.row(Self.names, cells), as: UTF8.self)
    }

    @Test func `a CSV file begins with the names of its columns, an NDJSON file with its first row`() {
        #expect(ExportFormat.csv.header(["id", "t"]) == Array("id,t\r\n".utf8))
        #expect(ExportFormat.ndjson.header(["id", "t"]).isEmpty)
        #expect(ExportFormat.csv.contentType == "text/csv; charset=utf-8")
        #expect(ExportFormat.ndjson.contentType == "application/x-ndjson")
    }

    @Test func `a missing value differs from an empty text in both formats`() {
        #expect(row(.csv, [.number(1), .decimal(0.5), .missing, .text(""), .json("{}")]) == "1,0.5,,\"\",\"{}\"\r\n")
        #expect(
            row(.ndjson, [.number(1), .decimal(0.5), .missing, .text(""), .json("{}")])
                == #"{"number":1,"decimal":0.5,"missing":null,"text":"","json":{}}"# + "\n"
        )
    }

    @Test(arguments: [Int64.min, -1, 0, 1 << 53 + 1, .max])
    func `integers keep all their digits`(value: Int64) {
        #expect(row(.csv, [.number(value)]) == "\(value)\r\n")
        #expect(row(.ndjson, [.number(value)]) == "{\"number\":\(value)}\n")
    }

    @Test(arguments: [
        "=1+1", "a,b", "say \"x\"", "back\\slash", "two\r\nlines", "tab\t", "\u{0}\u{1F}\u{7F}", "\u{2028}\u{2029}",
        "\u{202E}fdp.exe", "👩\u{200D}👧 é 字", "e\u{301}", "\u{10FFFF}", String(repeating: "x", count: 100_000),
    ])
    func `an NDJSON row is one line, whose text is exactly the stored one`(text: String) throws {
        let bytes = ExportFormat.ndjson.row(["text"], [.text(text)])
        #expect(bytes.count { $0 == UInt8(ascii: "\n") } == 1 && bytes.last == UInt8(ascii: "\n"))
        #expect(!bytes.contains(UInt8(ascii: "\r")))
        let read = try JSONDecoder().decode([String: String].self, from: Data(bytes))
        // Compared by scalars: Swift's texts are equal when their composed forms are.
        #expect(read["text"].map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }

    @Test func `stored JSON is a value of the row, not a text`() throws {
        struct Row: Decodable { let json: [String: [Int]] }
        let bytes = ExportFormat.ndjson.row(["json"], [.json(#"{"a":[1,-2]}"#)])
        #expect(try JSONDecoder().decode(Row.self, from: Data(bytes)).json == ["a": [1, -2]])
        #expect(ExportFormat.ndjson.row(["json"], [.json("")]) == Array("{\"json\":null}\n".utf8))
    }

    @Test func `a CSV row has as many cells as values, whatever the texts contain`() {
        let texts = ["a,b", "\"", "\"\"", ",", "\r\n", "\",\"", ""]
        let cells = Self.cells(ExportFormat.csv.row([], texts.map { .text($0) }))
        #expect(cells == ["a,b", "\"", "\"\"", ",", "\\u000d\\u000a", "\",\"", ""])
    }

    @Test(arguments: ExportFormat.allCases)
    func `an incomplete file ends with a line that says why`(format: ExportFormat) {
        let line = String(decoding: format.ending("the session has ended"), as: UTF8.self)
        #expect(
            line == (format == .csv ? "" : "{\"error\":\"")
                + "incomplete: the session has ended" + (format == .csv ? "" : "\"}") + "\r\n"
        )
    }

    /// Reads one row as RFC 4180 defines it.
    private static func cells(_ row: [UInt8]) -> [String] {
        var (cells, cell, isQuoted) = ([String](), "", false)
        let scalars = Array(String(decoding: row.dropLast(2), as: UTF8.self).unicodeScalars)
        var index = 0
        while index < scalars.count {
            switch scalars[index] {
            case "\"" where isQuoted && index + 1 < scalars.count && scalars[index + 1] == "\"":
                cell += "\""
                index += 1
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                cells.append(cell)
                cell = ""
            case let scalar: cell.unicodeScalars.append(scalar)
            }
            index += 1
        }
        return cells + [cell]
    }
}
