import Testing

@testable import Imports

/// The records of a text.
private func records(_ text: String) -> [CSVRecord] {
    var reader = CSVReader()
    var found = text.utf8.compactMap { reader.next($0) }
    if let last = reader.finish() { found.append(last) }
    return found
}

private func fields(_ texts: [String], line: Int) -> CSVRecord { .fields(texts.map { Array($0.utf8) }, line: line) }

@Suite struct CSVReaderTests {
    @Test func `quotes protect commas, line breaks and doubled quotes, and lines are counted inside them`() {
        let text = "a,b,c\r\n\"x,y\",\"two\nlines\",\"say \"\"hi\"\"\"\n,,\n\"\"\nlast,é,"
        #expect(
            records(text) == [
                fields(["a", "b", "c"], line: 1), fields(["x,y", "two\nlines", "say \"hi\""], line: 2),
                fields(["", "", ""], line: 4), fields([""], line: 5), fields(["last", "é", ""], line: 6),
            ]
        )
    }

    @Test func `blank lines are no records`() {
        #expect(records("\n\r\na\n\n") == [fields(["a"], line: 3)])
        #expect(records("").isEmpty)
    }

    @Test(arguments: [
        ("x\"y,1", "a quote in a field without quotes"), ("\"x\"y,1", "text after a closing quote"),
        ("x\ry", "a carriage return without a line feed"), ("\"x\" ,1", "text after a closing quote"),
    ])
    func `a malformed record has its line and a reason, and the next line is read`(text: String, problem: String) {
        #expect(
            records("a,b\n\(text)\nc,d\n") == [
                fields(["a", "b"], line: 1), .damaged(line: 2, problem: problem), fields(["c", "d"], line: 3),
            ]
        )
    }

    @Test(arguments: [
        ("a\n\"b\nc\n", "a quote that is never closed"), ("a\nb\r", "a carriage return without a line feed"),
    ])
    func `a record that the end of the file cuts off is malformed`(text: String, problem: String) {
        #expect(records(text) == [fields(["a"], line: 1), .damaged(line: 2, problem: problem)])
    }

    @Test func `a record has limits of bytes and fields`() {
        let long = String(repeating: "x", count: ImportLimits.recordBytesMax + 1)
        let wide = String(repeating: ",", count: ImportLimits.fieldsMax)
        #expect(
            records("\(long)\n\(wide)\na\n") == [
                .damaged(line: 1, problem: "longer than \(ImportLimits.recordBytesMax) bytes"),
                .damaged(line: 2, problem: "more than \(ImportLimits.fieldsMax) fields"), fields(["a"], line: 3),
            ]
        )
    }
}

@Suite struct CSVTableTests {
    @Test func `values are found by the names of the header, also after a byte order mark`() throws {
        let table = try CSVTable(header: [[0xEF, 0xBB, 0xBF] + Array("one".utf8), Array("two".utf8)])
        let row = try table.row([Array("1".utf8), Array("\\N".utf8)])
        #expect(row["one"] == "1" && row["two"].isEmpty && row["three"].isEmpty)
    }

    @Test func `rows of another length and invalid UTF-8 are problems`() throws {
        let table = try CSVTable(header: [Array("one".utf8), Array("two".utf8)])
        #expect(throws: RowProblem("1 fields instead of 2")) { _ = try table.row([[0x31]]) }
        #expect(throws: RowProblem("two is not UTF-8")) { _ = try table.row([[0x31], [0xC3, 0x28]]) }
        #expect(throws: ImportError.self) { _ = try CSVTable(header: [[0x31], [0x31]]) }
    }
}
