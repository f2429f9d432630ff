package import Storage
import Telemetry

/// A row of `collector_events` as it is read back.
package struct StoredEvent: Sendable {
    package var id: Int64
    /// Microseconds since 1970, UTC.
    package var receivedAt: Int64
    package var visitorID: String
    package var sessionID: String
    package var pageviewID: String
    package var type: String
    package var seq: Int64
    package var site: String
    package var path: String?
    package var referrer: String?
    package var userAgent: String?
    /// JSON text of an object; empty when it is too long to be read.
    package var payload: String

    /// Seconds since 1970 within the range of times that segments hold, 1970 to 2106: rows that another program wrote may hold any time.
    package var seconds: Int64 { min(max(0, receivedAt / 1_000_000), Int64(UInt32.max)) }

    /// The columns that `init` reads, in its order; others may follow them.
    package static func columns(_ dialect: SQLDialect) -> String {
        "id, \(dialect.microseconds("received_at")), visitor_id, session_id, pageview_id, event_type, seq, site, path, referrer, "
            + "user_agent, \(dialect.json("payload"))"
    }

    /// Nil when the row is none of ours.
    package init?(_ row: [SQLValue]) {
        guard row.count >= 12, let id = row[0].integer, let receivedAt = row[1].integer, let visitorID = row[2].text,
            let sessionID = row[3].text, let pageviewID = row[4].text, let type = row[5].text
        else { return nil }
        self.id = id
        // A row that another program wrote may hold any time.
        let times = ISO8601.storableMicroseconds
        self.receivedAt = min(times.upperBound, max(times.lowerBound, receivedAt))
        self.visitorID = visitorID
        self.sessionID = sessionID
        self.pageviewID = pageviewID
        self.type = type
        seq = row[6].integer ?? 0
        site = row[7].text ?? ""
        path = row[8].text
        referrer = row[9].text
        userAgent = row[10].text
        let text = row[11].text ?? "{}"
        payload = text.utf8.count > ReadBudget.valueCharactersMax ? "" : text
    }
}
