package import Reports

/// The format of an exported file.
package enum ExportFormat: String, CaseIterable, Sendable {
    case csv, ndjson

    var contentType: String { self == .csv ? "text/csv; charset=utf-8" : "application/x-ndjson" }

    /// The text before the rows.
    package func header(_ names: [String]) -> [UInt8] {
        self == .csv ? Array((names.joined(separator: ",") + "\r\n").utf8) : []
    }

    /// One row, by the names of its cells.
    package func row(_ names: [String], _ cells: [ExportCell]) -> [UInt8] {
        guard self == .ndjson else { return CSV.row(cells) }
        let members = zip(names, cells).map { name, cell in
            let value: JSONEncodedValue =
                switch cell {
                case .number(let number): .integer(number)
                case .decimal(let number): .number(number)
                case .text(let text): .text(text)
                case .json(let text): .stored(text)
                case .missing: .null
                }
            return (name, value)
        }
        return JSONEncodedValue.object(members).encoded + [UInt8(ascii: "\n")]
    }
}
