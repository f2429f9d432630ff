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
            select \(([key] + table.columns.map { $0.exported(database.dialect) }).joined(separator: ", "))
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
        let columns: [RawColumn]

        var hasSite: Bool { columns.contains { $0.name == "site" } }

        static let all = [
            Table(
                name: "collector_events",
                key: "id",
                columns: RawColumn.events
            ),
            Table(
                name: "debug_data",
                key: "id",
                columns: RawColumn.submissions
            ),
            Table(
                name: "delivery_reports",
                key: "pageview_id",
                columns: RawColumn.deliveryReports
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
}

extension RawColumn {
    /// The value for an export, which may be cut.
    fileprivate func exported(_ dialect: SQLDialect) -> String { kind == .json ? dialect.json(name) : read(dialect) }

    fileprivate func cell(_ value: SQLValue) -> ExportCell {
        switch kind {
        case .number: return value.integer.map { .number($0) } ?? .missing
        case .text, .uuid: return value.text.map { .text($0) } ?? .missing
        case .json: return value.text.map { .json($0) } ?? .missing
        case .time:
            guard let time = value.integer, ISO8601.storableMicroseconds.contains(time) else { return .missing }
            return .text(String(decoding: TimestampText.bytes(time), as: UTF8.self))
        }
    }
}
