package import Aggregation
package import Storage

extension StoredEvent {
    /// The columns that `init` reads, in this order; other columns may follow.
    package static func columns(_ dialect: SQLDialect) -> String {
        "id, \(dialect.microseconds("received_at")), visitor_id, session_id, pageview_id, event_type, seq, site, path, referrer, "
            + "user_agent, \(dialect.json("payload")), country, region, city, location_source"
    }

    /// The number of these columns, and the index of the first one that follows.
    package static let columnsCount = 16

    /// Decodes a row; nil when a required column is missing or has another type.
    package init?(_ row: [SQLValue]) {
        guard row.count >= Self.columnsCount, let id = row[0].integer, let receivedAt = row[1].integer,
            let visitorID = row[2].text, let sessionID = row[3].text, let pageviewID = row[4].text,
            let type = row[5].text
        else { return nil }
        let text = row[11].text ?? "{}"
        self.init(
            id: id,
            receivedAt: receivedAt,
            visitorID: visitorID,
            sessionID: sessionID,
            pageviewID: pageviewID,
            type: type,
            seq: row[6].integer ?? 0,
            site: row[7].text ?? "",
            path: row[8].text,
            referrer: row[9].text,
            userAgent: row[10].text,
            location: row[12].text.map { country in
                StoredLocation(country: country, region: row[13].text, city: row[14].text, source: row[15].text)
            },
            payload: text.utf8.count > ReadBudget.valueCharactersMax ? "" : text
        )
    }
}
