import JSON

/// A file of an archive: the rows of a table of one UTC day.
package struct ArchiveFile: Equatable, Sendable {
    /// The day, such as `2026-11-28`.
    package var day: String
    /// The name of the table.
    package var table: String
    /// The name of the file in the folder.
    package var name: String
    package var rows: Int64
    /// Bytes of the uncompressed file.
    package var bytes: Int64
    /// The digest of the compressed file, as 64 lower-case hexadecimal digits.
    package var sha256: String
    /// The lowest and the highest id of the rows, of delivery reports the revision; nil without one.
    package var firstID: Int64?
    package var lastID: Int64?
    /// The id through which all rows of the day that were committed are in the file.
    package var through: Int64
}

/// The list of the files of an archive: what it does not name does not belong to the archive.
package struct ArchiveManifest: Equatable, Sendable {
    package static let name = "manifest.json"
    /// The version of the format; a later one is refused.
    package static let format: Int64 = 1
    /// Limit of the bytes of a manifest: 100 years of files have about 30 MB.
    static let bytesMax = 64 << 20

    /// The version of Collector that wrote it.
    package var collector: String
    /// Identifies the database without revealing anything about it.
    package var database: String
    /// The site of all rows; nil for all sites.
    package var site: String?
    /// By day and table.
    package var files: [ArchiveFile] = []

    package var rows: Int64 { files.reduce(0) { $0 + $1.rows } }
    package var days: Int { Set(files.map(\.day)).count }

    /// Adds a file, or replaces the one of its day and table.
    mutating func set(_ file: ArchiveFile) {
        remove(file)
        let index = files.firstIndex { ($0.day, $0.table) > (file.day, file.table) } ?? files.count
        files.insert(file, at: index)
    }

    /// Removes the file of a day and table.
    mutating func remove(_ file: ArchiveFile) {
        files.removeAll { $0.day == file.day && $0.table == file.table }
    }

    // MARK: - JSON

    /// The text of the manifest, with a line for each file.
    package var text: [UInt8] {
        var bytes = Array("{\n\"format\": \(Self.format),\n\"collector\": ".utf8)
        appendQuoted(collector, to: &bytes)
        bytes += Array(",\n\"database\": ".utf8)
        appendQuoted(database, to: &bytes)
        bytes += Array(",\n\"site\": ".utf8)
        if let site { appendQuoted(site, to: &bytes) } else { bytes += Array("null".utf8) }
        bytes += Array(",\n\"files\": [".utf8)
        for (index, file) in files.enumerated() {
            bytes += Array((index == 0 ? "\n" : ",\n").utf8)
            append(file, to: &bytes)
        }
        return bytes + Array("\n]\n}\n".utf8)
    }

    private func append(_ file: ArchiveFile, to bytes: inout [UInt8]) {
        for (name, text) in [("{\"day\"", file.day), (",\"table\"", file.table), (",\"name\"", file.name)] {
            bytes += Array((name + ":").utf8)
            appendQuoted(text, to: &bytes)
        }
        func number(_ value: Int64?) -> String { value.map { String($0) } ?? "null" }
        bytes += Array(
            (",\"rows\":\(file.rows),\"bytes\":\(file.bytes),\"sha256\":\"\(file.sha256)\","
                + "\"first_id\":\(number(file.firstID)),\"last_id\":\(number(file.lastID)),\"through\":\(file.through)}")
                .utf8
        )
    }

    /// - Throws: `ArchiveError` when the text is no manifest, or one of a later version.
    package init(_ bytes: [UInt8]) throws(ArchiveError) {
        let broken = ArchiveError.damaged(Self.name, "it is not a manifest of an archive")
        var (format, collector, database, files): (Int64?, String?, String?, [ArchiveFile]?)
        do throws(JSONError) {
            var cursor = try ObjectCursor(bytes.span, in: bytes.indices)
            while let member = try cursor.next(bytes.span) {
                let value = ManifestValue(member.value, bytes)
                switch String(decoding: bytes[member.name], as: UTF8.self) {
                case "format": format = value.number
                case "collector": collector = value.text
                case "database": database = value.text
                case "site": site = value.text
                case "files": files = try value.files()
                default: break
                }
            }
        } catch { throw broken }
        guard let format else { throw broken }
        guard format <= Self.format else {
            throw ArchiveError(
                "the archive has format \(format): use the version of Collector that wrote it, or a later one"
            )
        }
        guard let collector, let database, let files else { throw broken }
        (self.collector, self.database, self.files) = (collector, database, files)
    }

    package init(collector: String, database: String, site: String?) {
        (self.collector, self.database, self.site) = (collector, database, site)
    }
}

/// A value of the manifest's JSON.
private struct ManifestValue {
    let value: JSONValue
    let bytes: [UInt8]

    init(_ value: JSONValue, _ bytes: [UInt8]) { (self.value, self.bytes) = (value, bytes) }

    var number: Int64? {
        value.kind == .number ? Int64(String(decoding: bytes[value.range], as: UTF8.self)) : nil
    }

    var text: String? {
        guard value.kind == .string, value.textError == nil else { return nil }
        guard value.hasEscapes else { return String(decoding: bytes[value.content], as: UTF8.self) }
        var copy = Array(bytes[value.content])
        let count = copy.count
        appendUnescaped(0..<count, to: &copy)
        return String(decoding: copy[count...], as: UTF8.self)
    }

    /// Nil when one of them is not complete.
    func files() throws(JSONError) -> [ArchiveFile]? {
        guard value.kind == .array else { return nil }
        var files: [ArchiveFile] = []
        var cursor = try ArrayCursor(bytes.span, in: value.range)
        while let element = try cursor.next(bytes.span) {
            guard element.kind == .object, let file = try file(element.range) else { return nil }
            files.append(file)
        }
        return files
    }

    private func file(_ range: Range<Int>) throws(JSONError) -> ArchiveFile? {
        var texts: [String: String] = [:]
        var numbers: [String: Int64] = [:]
        var cursor = try ObjectCursor(bytes.span, in: range)
        while let member = try cursor.next(bytes.span) {
            let name = String(decoding: bytes[member.name], as: UTF8.self)
            let value = ManifestValue(member.value, bytes)
            texts[name] = value.text
            numbers[name] = value.number
        }
        guard let day = texts["day"], let table = texts["table"], let name = texts["name"],
            let sha256 = texts["sha256"], let rows = numbers["rows"], let bytes = numbers["bytes"],
            let through = numbers["through"], ArchiveFolder.isName(name, day: day, table: table)
        else { return nil }
        return ArchiveFile(
            day: day,
            table: table,
            name: name,
            rows: rows,
            bytes: bytes,
            sha256: sha256,
            firstID: numbers["first_id"],
            lastID: numbers["last_id"],
            through: through
        )
    }
}
