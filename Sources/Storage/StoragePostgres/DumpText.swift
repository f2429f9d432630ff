import Storage

/// Reads the SQL text of a dump as it arrives: how many rows each table has, and which migrations were applied.
struct DumpText {
    private(set) var content = BackupContent()
    private(set) var migrations: [AppliedMigration] = []
    /// Whether the text came to its end, which names the dump complete.
    private(set) var isComplete = false
    private var line: [UInt8] = []
    /// The table whose rows follow; nil between tables.
    private var table: String?
    /// The start of a line is enough: rows can be large.
    private static let lineBytesMax = 4096

    private static let lineFeed = UInt8(ascii: "\n")

    mutating func read(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: Self.lineFeed) {
            append(rest[..<end])
            finishLine()
            rest = rest[(end + 1)...]
        }
        append(rest)
    }

    private mutating func append(_ part: ArraySlice<UInt8>) { line += part.prefix(Self.lineBytesMax - line.count) }

    private mutating func finishLine() {
        defer { line.removeAll(keepingCapacity: true) }
        guard let table else {
            guard line.starts(with: "COPY ".utf8) else {
                if line.starts(with: "-- PostgreSQL database dump complete".utf8) { isComplete = true }
                return
            }
            self.table = Self.tableName(line)
            if let name = self.table, BackupContent.tables.contains(name) { content.rows[name] = 0 }
            return
        }
        guard line != Array("\\.".utf8) else {
            self.table = nil
            return
        }
        if let count = content.rows[table] { content.rows[table] = count + 1 }
        if table == "schema_migrations" { readMigration() }
    }

    /// The columns of the table are `name`, `checksum` and `applied_at`.
    private mutating func readMigration() {
        let columns = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        guard columns.count >= 2 else { return }
        let texts = columns.map { String(decoding: $0, as: UTF8.self) }
        migrations.append(AppliedMigration(name: texts[0], checksum: texts[1]))
    }

    /// The table of `COPY schema.table (columns) FROM stdin;`, without its schema.
    private static func tableName(_ line: [UInt8]) -> String {
        let text = String(decoding: line, as: UTF8.self).dropFirst("COPY ".count)
        let qualified = text.prefix { $0 != "(" }.split(separator: " ").first ?? ""
        return qualified.split(separator: ".").last.map(String.init) ?? ""
    }
}
