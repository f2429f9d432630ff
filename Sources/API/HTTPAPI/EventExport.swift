import Aggregation
import HTTPServer
import Reports
import Storage

/// The events of a search as a file.
enum EventExport {
    /// The most events of one part.
    static let partEvents: Int64 = 500
    /// The bytes of events at which a part ends; its last event may exceed them.
    static let partBytesMax = 1 << 20

    /// - Returns: nil when too many exports are running.
    static func make(
        _ pool: ReaderPool,
        _ ticket: Ticket,
        _ search: EventQueries.Search,
        _ format: ExportFormat
    ) -> Export<EventCursor?>? {
        Export(pool, ticket, "events", format, header: format.header(names), from: nil) {
            database,
            cursor throws(StoreError) in
            let page = try EventQueries(database: database).page(
                search,
                .ascending,
                from: cursor,
                limit: partEvents,
                bytesMax: partBytesMax
            )
            var bytes: [UInt8] = []
            for event in page.events where search.matches(event) { append(event, format, to: &bytes) }
            return (bytes, page.next.map { .some($0) })
        }
    }

    private static let names = [
        "id", "t", "type", "seq", "site", "path", "referrer", "visitor", "session", "pageview", "user_agent", "country",
        "region", "city", "location_source", "payload",
    ]

    private static func append(_ event: StoredEvent, _ format: ExportFormat, to bytes: inout [UInt8]) {
        guard format == .csv else {
            bytes += event.json.encoded
            bytes.append(0x0A)
            return
        }
        bytes += format.row(
            names,
            [
                .number(event.id), .number(event.receivedAt / 1000), .text(event.type), .number(event.seq),
                .text(event.site), .text(event.path ?? ""), .text(event.referrer ?? ""), .text(event.visitorID),
                .text(event.sessionID), .text(event.pageviewID), .text(event.userAgent ?? ""),
                .text(event.location?.country ?? ""), .text(event.location?.region ?? ""),
                .text(event.location?.city ?? ""), .text(event.location?.source ?? ""), .json(event.payload),
            ]
        )
    }
}

/// All that is stored about a visitor as a file.
enum VisitorFile {
    /// `site` is nil for all sites.
    ///
    /// - Returns: nil when too many exports are running.
    static func make(
        _ pool: ReaderPool,
        _ ticket: Ticket,
        visitor: String,
        site: String?
    ) -> Export<VisitorExport.Cursor>? {
        Export(pool, ticket, "visitor", .ndjson, from: VisitorExport.Cursor()) { database, cursor throws(StoreError) in
            let page = try VisitorExport(database, visitor: visitor, site: site).page(from: cursor)
            return (page.rows.flatMap { ExportFormat.ndjson.row($0.names, $0.cells) }, page.next)
        }
    }
}
