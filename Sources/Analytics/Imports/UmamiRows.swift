import Events

/// Reads rows of `website_event` of Umami: one row for each page view or event.
///
/// The export of Umami Cloud has the columns of the session in the same row. In a self-hosted database, they are in the table `session`
/// and can be joined. Source: the schemas of PostgreSQL and ClickHouse in the repository of Umami 3.
struct UmamiRows {
    static let columns = ["session_id", "created_at", "url_path", "event_type"]
    private static let parameters = [
        "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "gclid", "fbclid", "msclkid", "ttclid",
        "li_fat_id",
        "twclid",
    ]
    private static let pageView = "1"

    private var occurrences = RowOccurrences()
    private var website: String?

    mutating func item(_ row: CSVTable.Row) throws(RowProblem) -> ImportItem {
        guard let type = Int(row["event_type"]), type > 0 else { throw RowProblem("event_type is no number") }
        guard String(type) == Self.pageView else { return .leftOut(.events) }
        guard let time = ISO8601.microseconds(Array(row["created_at"].utf8)) else {
            throw RowProblem("created_at is no date and time")
        }
        guard !row["session_id"].isEmpty else { throw RowProblem("session_id is empty") }
        guard !row["url_path"].isEmpty else { throw RowProblem("url_path is empty") }
        let eventID = row["event_id"]
        var view = ImportedView(
            identity: eventID.isEmpty ? occurrences.identity(row.texts) : eventID,
            // Umami's session lasts a month, its visit is what others call a session.
            visitor: row["session_id"],
            session: row["visit_id"].isEmpty ? row["session_id"] : row["visit_id"],
            time: time,
            path: ImportText.path(row["url_path"])
        )
        view.referrer = Self.referrer(row)
        view.campaign = Self.parameters.compactMap { name in
            row[name].isEmpty ? nil : ImportedView.Parameter(name: name, value: row[name])
        }
        view.language = row["language"]
        let screen = row["screen"].split(separator: "x")
        view.screen = ImportText.screen(screen.first, screen.dropFirst().first)
        (view.country, view.regionCode, view.city) = (row["country"], row["region"], row["city"])
        view.agent.browser = row["browser"]
        (view.agent.system, view.agent.systemVersion) = ImportText.versioned(row["os"])
        view.agent.device = row["device"]
        return .view(view)
    }

    /// The website of a row that differs from that of the rows before it; nil when there is none.
    mutating func otherWebsite(_ row: CSVTable.Row) -> String? {
        let id = row["website_id"]
        guard !id.isEmpty else { return nil }
        defer { website = website ?? id }
        return id == website ?? id ? nil : id
    }

    private static func referrer(_ row: CSVTable.Row) -> String {
        guard !row["referrer_domain"].isEmpty else { return "" }
        let path = row["referrer_path"]
        return "https://" + row["referrer_domain"] + (path.isEmpty || path.hasPrefix("/") ? path : "/" + path)
    }
}
