import JSON

/// A product whose export can be imported.
package enum ImportFormat: String, CaseIterable, Sendable {
    case goatcounter
    case matomo
    case umami

    /// The name of the product.
    package var title: String {
        switch self {
        case .goatcounter: "GoatCounter"
        case .matomo: "Matomo"
        case .umami: "Umami"
        }
    }

    /// The format of a file by its first bytes, after decompression.
    ///
    /// Throws when it is none of the formats, or an export that has no visits; the reason says what works instead.
    static func detect(_ head: [UInt8]) throws(ImportError) -> ImportFormat {
        guard !head.starts(with: Array("PK".utf8)) else { throw ofZIP(head) }
        let first = head.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") { return .matomo }
        var reader = CSVReader()
        for byte in head + [0x0A] {
            guard let record = reader.next(byte) else { continue }
            guard case .fields(let header, _) = record else { break }
            return try of(CSVTable(header: header))
        }
        throw unknown
    }

    private static func of(_ table: CSVTable) throws(ImportError) -> ImportFormat {
        let first = table.names.first ?? ""
        if first.hasSuffix("Path"), let version = Int(first.dropLast("Path".count)) {
            guard version == GoatCounterRows.version, table.has(GoatCounterRows.columns) else {
                throw ImportError(
                    "the export of GoatCounter has version \(version) of the format, but only version \(GoatCounterRows.version) with "
                        + "all of its columns is supported: export again with a current GoatCounter; nothing was changed"
                )
            }
            return .goatcounter
        }
        if table.has(UmamiRows.columns) { return .umami }
        if table.has(["date", "visitors"]), table.has(["pageviews"]) || table.has(["visits"]) { throw plausible }
        throw unknown
    }

    /// Names of files are readable in an archive, also if their contents are compressed.
    private static func ofZIP(_ head: [UInt8]) -> ImportError {
        let text = String(decoding: head, as: UTF8.self)
        if text.contains("imported_") { return plausible }
        let file =
            text.contains("website_event") ? "website_event.csv of it" : "its file with one row for each page view"
        return ImportError("the file is a ZIP archive: unpack it, and import \(file); nothing was changed")
    }

    private static let unknown = ImportError(
        "the file is no export of page views of GoatCounter (CSV), Umami (website_event as CSV with a header) or Matomo "
            + "(Live.getLastVisitsDetails as JSON), nor the folder of an archive; nothing was changed"
    )

    /// Totals of days do not say which page views belong to a visitor, nor when they were.
    private static let plausible = ImportError(
        "an export of Plausible has totals of days without visits: visitors, sessions and the hours of page views cannot be computed from "
            + "them, and Collector does not estimate figures. Nothing was changed. Instead, keep the export to look at earlier "
            + "totals, and let both scripts measure until Collector has the period that you compare"
    )
}
