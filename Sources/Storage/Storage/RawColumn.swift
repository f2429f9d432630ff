/// A column of the tables of raw rows, and the kind of its values.
package struct RawColumn: Sendable {
    package enum Kind: Sendable {
        case number, text, time, json, uuid
    }

    package let name: String
    package let kind: Kind

    package static func number(_ name: String) -> RawColumn { RawColumn(name: name, kind: .number) }
    package static func text(_ name: String) -> RawColumn { RawColumn(name: name, kind: .text) }
    package static func time(_ name: String) -> RawColumn { RawColumn(name: name, kind: .time) }
    package static func json(_ name: String) -> RawColumn { RawColumn(name: name, kind: .json) }
    package static func uuid(_ name: String) -> RawColumn { RawColumn(name: name, kind: .uuid) }

    /// The whole value as a number or a text; a time in microseconds since 1970.
    package func read(_ dialect: SQLDialect) -> String {
        switch kind {
        case .number: name
        case .time: dialect.microseconds(name)
        // That of the dialect may be cut.
        case .text, .json, .uuid: "cast(\(name) as text)"
        }
    }

    /// The columns of `collector_events`.
    package static let events: [RawColumn] = [
        .number("id"), .time("received_at"), .time("client_timestamp"), .time("client_timestamp_original"),
        .text("visitor_id"), .text("session_id"), .text("pageview_id"), .text("event_type"), .number("seq"),
        .text("site"), .text("path"), .text("referrer"), .text("ip_hash"), .text("user_agent"), .text("country"),
        .text("region"), .text("city"), .text("location_source"), .uuid("event_id"), .json("payload"),
    ]
    /// The columns of `debug_data`.
    package static let submissions: [RawColumn] = [
        .number("id"), .time("timestamp"), .time("client_timestamp"), .text("visitor_id"), .text("session_id"),
        .text("pageview_id"), .text("ip"), .json("browser_info"), .json("performance_data"), .json("fingerprints"),
        .json("errors"), .json("network"), .json("battery"), .json("benchmarks"),
    ]
    /// The columns of `delivery_reports` with what a page has reported.
    package static let deliveryReports: [RawColumn] = [
        .text("pageview_id"), .text("visitor_id"), .text("session_id"), .text("site"), .number("emitted"),
        .number("dropped"), .json("drop_reasons"), .time("first_received_at"), .time("last_received_at"),
    ]
    /// The other columns of `delivery_reports`, which the server keeps for itself.
    package static let deliveryNotes: [RawColumn] = [
        .number("removed"), .number("opened_at"), .text("opened_site"), .text("opened_session"), .number("revision"),
    ]
}
