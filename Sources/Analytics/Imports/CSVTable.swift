/// The columns of a file of CSV by their names in its header.
struct CSVTable {
    /// A row as texts, in the order of the columns.
    struct Row {
        let table: CSVTable
        let texts: [String]

        /// The value of a column; empty when it is absent, empty, or `\N`, which databases write for NULL.
        subscript(_ name: String) -> String {
            guard let index = table.indexes[name], texts[index] != "\\N" else { return "" }
            return texts[index]
        }
    }

    let names: [String]
    private let indexes: [String: Int]

    /// Throws when the header has no names or the same name twice.
    init(header: [[UInt8]]) throws(ImportError) {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var header = header
        if let first = header.first, first.starts(with: byteOrderMark) { header[0].removeFirst(byteOrderMark.count) }
        names = header.map { String(decoding: $0, as: UTF8.self) }
        var indexes: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            guard indexes.updateValue(index, forKey: name) == nil else {
                throw ImportError(
                    "the header has the column '\(name.prefix(ImportLimits.quotedMax))' twice; nothing was changed"
                )
            }
        }
        self.indexes = indexes
    }

    func has(_ names: [String]) -> Bool { names.allSatisfy { indexes[$0] != nil } }

    /// Throws a problem when the record does not fit to the header.
    func row(_ fields: [[UInt8]]) throws(RowProblem) -> Row {
        guard fields.count == names.count else {
            throw RowProblem("\(fields.count) fields instead of \(names.count)")
        }
        var texts: [String] = []
        texts.reserveCapacity(fields.count)
        for (field, name) in zip(fields, names) {
            guard let text = String(validating: field, as: UTF8.self) else {
                throw RowProblem("\(name) is not UTF-8")
            }
            texts.append(text)
        }
        return Row(table: self, texts: texts)
    }
}

/// Why a row cannot be read.
struct RowProblem: Error, Equatable {
    let text: String

    init(_ text: String) { self.text = text }
}
