package import Storage
import Events

/// Reads all that is stored about a visitor, row by row, with the columns of the tables.
package struct VisitorExport {
    /// A row with the name of its table.
    package struct Row: Sendable {
        package let names: [String]
        package let cells: [ExportCell]
    }

    /// The position after a row.
    package struct Cursor: Sendable {
        var table = 0
        var key: SQLValue?

        package init() {}
    }

    /// The word of `collector export`.
    package static let kind = "visitor"
    /// The most rows of one page; their bytes, which the last row may exceed; and the timeout of its query in milliseconds.
    static let pageRowsMax: Int64 = 500
    static let pageBytesMax = 1 << 20
    static let milliseconds: Int32 = 60_000

    private let database: any Database
    private let visitor: String
    private let site: String?

    /// `site` is nil for all sites.
    package init(_ database: any Database, visitor: String, site: String?) {
        (self.database, self.visitor, self.site) = (database, visitor, site)
    }

    /// The next rows; `next` is nil at the end.
    package func page(from cursor: Cursor) throws(StoreError) -> (rows: [Row], next: Cursor?) {
        guard cursor.table < Table.all.count else { return ([], nil) }
        let table = Table.all[cursor.table]
        var next = Cursor()
        (next.table, next.key) = (cursor.table + 1, nil)
        // Submissions have no site, so they belong to the visitor on all sites only.
        guard table.hasSite || site == nil else { return ([], next) }
        let read = try database.bounded(
            sql(table, isFirst: cursor.key == nil),
            [.text(visitor)] + (site.map { [.text($0)] } ?? []) + (cursor.key.map { [$0] } ?? []),
            limit: Self.pageRowsMax,
            milliseconds: Self.milliseconds,
            bytesMax: Self.pageBytesMax
        )
        if read.isCut, let last = read.rows.last { (next.table, next.key) = (cursor.table, last[0]) }
        let names = ["table"] + table.columns.map(\.name)
        let rows = read.rows.map { values in
            Row(names: names, cells: [.text(table.name)] + zip(table.columns, values.dropFirst()).map { $0.cell($1) })
        }
        return (rows, next.table < Table.all.count ? next : nil)
    }

    private func sql(_ table: Table, isFirst: Bool) -> String {
        let key = table.key
        var condition = "visitor_id = ?1"
        if site != nil { condition += " and site = ?2" }
        let after = isFirst ? "" : "where own_key > ?\(site == nil ? 2 : 3)"
        // Materialized, so that no planner reads the rows of all visitors in the order of their keys to find a few.
        return """
            with own as materialized (select \(key) as own_key from \(table.name) where \(condition))
            select \(([key] + table.columns.map { $0.sql(database.dialect) }).joined(separator: ", "))
            from \(table.name)
            where \(condition) and \(key) in (
                select own_key from own \(after) order by own_key limit \(Self.pageRowsMax)
            )
            order by \(key)
            """
    }
}

extension VisitorExport {
    /// A table with rows of visitors.
    struct Table: Sendable {
        let name: String
        /// A column that no two rows of a visitor have in common.
        let key: String
        let columns: [Column]

        var hasSite: Bool { columns.contains { $0.name == "site" } }

        static let all = [
            Table(
                name: "collector_events",
                key: "id",
                columns: [
                    .number("id"), .time("received_at"), .time("client_timestamp"), .time("client_timestamp_original"),
                    .text("visitor_id"), .text("session_id"), .text("pageview_id"), .text("event_type"), .number("seq"),
                    .text("site"), .text("path"), .text("referrer"), .text("ip_hash"), .text("user_agent"),
                    .text("country"),
                    .text("region"), .text("city"), .text("location_source"), .text("event_id"), .json("payload"),
                ]
            ),
            Table(
                name: "debug_data",
                key: "id",
                columns: [
                    .number("id"), .time("timestamp"), .time("client_timestamp"), .text("visitor_id"),
                    .text("session_id"),
                    .text("pageview_id"), .text("ip"), .json("browser_info"), .json("performance_data"),
                    .json("fingerprints"), .json("errors"), .json("network"), .json("battery"), .json("benchmarks"),
                ]
            ),
            Table(
                name: "delivery_reports",
                key: "pageview_id",
                columns: [
                    .text("pageview_id"), .text("visitor_id"), .text("session_id"), .text("site"), .number("emitted"),
                    .number("dropped"), .json("drop_reasons"), .time("first_received_at"), .time("last_received_at"),
                ]
            ),
            Table(
                name: "insight_fingerprints",
                key: "site",
                columns: [
                    .text("site"), .text("visitor_id"), .text("signals"), .number("reports"), .number("changed"),
                    .number("first_seen"), .number("last_seen"),
                ]
            ),
        ]
    }

    /// A column and the kind of its values.
    struct Column: Sendable {
        enum Kind: Sendable {
            case number, text, time, json
        }

        let name: String
        let kind: Kind

        static func number(_ name: String) -> Column { Column(name: name, kind: .number) }
        static func text(_ name: String) -> Column { Column(name: name, kind: .text) }
        static func time(_ name: String) -> Column { Column(name: name, kind: .time) }
        static func json(_ name: String) -> Column { Column(name: name, kind: .json) }

        func sql(_ dialect: SQLDialect) -> String {
            switch kind {
            case .number: name
            case .text: "cast(\(name) as text)"
            case .time: dialect.microseconds(name)
            case .json: dialect.json(name)
            }
        }

        func cell(_ value: SQLValue) -> ExportCell {
            switch kind {
            case .number: return value.integer.map { .number($0) } ?? .missing
            case .text: return value.text.map { .text($0) } ?? .missing
            case .json: return value.text.map { .json($0) } ?? .missing
            case .time:
                guard let time = value.integer, ISO8601.storableMicroseconds.contains(time) else { return .missing }
                return .text(String(decoding: TimestampText.bytes(time), as: UTF8.self))
            }
        }
    }
}
