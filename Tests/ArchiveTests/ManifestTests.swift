import Testing

@testable import Archive

private func file(_ day: String, _ table: String = "collector_events", _ word: String = "events") -> ArchiveFile {
    ArchiveFile(
        day: day,
        table: table,
        name: "\(day)-\(word).ndjson.gz",
        rows: 3,
        bytes: 400,
        sha256: String(repeating: "a", count: 64),
        firstID: 1,
        lastID: 3,
        through: 9
    )
}

private func manifest(_ change: (inout String) -> Void) -> [UInt8] {
    var manifest = ArchiveManifest(collector: "1.2.3", database: "0123456789abcdef", site: "a \"quoted\" site")
    manifest.files = [file("2026-11-27"), file("2026-11-28")]
    var text = String(decoding: manifest.text, as: UTF8.self)
    change(&text)
    return Array(text.utf8)
}

@Test func `a manifest is read as it was written`() throws {
    var manifest = ArchiveManifest(collector: "1.2.3", database: "0123456789abcdef", site: "a \"quoted\" site")
    var report = file("2026-11-27", "delivery_reports", "delivery-reports.12")
    (report.firstID, report.lastID) = (nil, nil)
    manifest.files = [file("2026-11-27"), report]
    #expect(try ArchiveManifest(manifest.text) == manifest)
    manifest.site = nil
    #expect(try ArchiveManifest(manifest.text) == manifest)
    #expect(manifest.days == 1 && manifest.rows == 6)
}

@Test func `a manifest of a later format is refused with what to do`() {
    let later = manifest { $0 = $0.replacing("\"format\": 1", with: "\"format\": 2") }
    #expect(
        throws: ArchiveError("the archive has format 2: use the version of Collector that wrote it, or a later one")
    ) {
        try ArchiveManifest(later)
    }
}

@Test(arguments: [
    ("\"rows\":3", "\"rows\":\"3\""), ("\"sha256\"", "\"sha\""), ("]\n}", "]"), ("\"format\": 1,", ""),
    ("2026-11-28-events.ndjson.gz", "../2026-11-28-events.ndjson.gz"),
    ("\"day\":\"2026-11-28\"", "\"day\":\"2026-11-31\""), ("collector_events", "collector_secrets"),
])
func `a manifest with a wrong part is refused`(part: String, replacement: String) {
    let wrong = manifest { $0 = $0.replacing(part, with: replacement) }
    #expect(throws: ArchiveError("manifest.json is damaged: it is not a manifest of an archive")) {
        try ArchiveManifest(wrong)
    }
}
