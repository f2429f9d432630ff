import Storage

/// A table whose rows are archived, in files of one day each.
package struct ArchiveTable: Sendable {
    /// The name in the database.
    package let name: String
    /// The word for the table in names of files.
    package let word: String
    /// The column by which a row belongs to a day; rows without a time are not archived.
    let time: String
    /// Columns that identify a row, which the files are sorted by.
    let key: [String]
    /// A number that grows with every new and every changed row.
    let version: String
    /// Whether rows have a site.
    let hasSite: Bool
    /// Whether the days of rows are found by an index; otherwise, days are found and read in groups.
    let isIndexedByTime: Bool
    let columns: [RawColumn]

    static let events = ArchiveTable(
        name: "collector_events",
        word: "events",
        time: "received_at",
        key: ["id"],
        version: "id",
        hasSite: true,
        isIndexedByTime: true,
        columns: RawColumn.events
    )
    static let submissions = ArchiveTable(
        name: "debug_data",
        word: "submissions",
        time: "timestamp",
        key: ["id"],
        version: "id",
        hasSite: false,
        isIndexedByTime: false,
        columns: RawColumn.submissions
    )
    static let reports = ArchiveTable(
        name: "delivery_reports",
        word: "delivery-reports",
        time: "first_received_at",
        key: ["pageview_id", "visitor_id"],
        version: "coalesce(revision, 0)",
        hasSite: true,
        isIndexedByTime: false,
        columns: RawColumn.deliveryReports + RawColumn.deliveryNotes
    )

    package static let all = [events, submissions, reports]

    func index(_ column: String) -> Int { columns.firstIndex { $0.name == column } ?? 0 }

    /// The number of a row by which its file knows it: the id, or the revision of a delivery report.
    func number(_ row: [SQLValue]) -> Int64? { row[index(isNumbered ? "id" : "revision")].integer }

    /// Whether rows are identified by a number.
    var isNumbered: Bool { key == ["id"] }
}

extension RawColumn {
    /// A parameter as a value of the column.
    func write(_ parameter: String, _ dialect: SQLDialect) -> String {
        switch kind {
        case .number: "cast(\(parameter) as bigint)"
        case .text: "cast(\(parameter) as text)"
        case .time: dialect.timeOfKey(parameter)
        case .json: dialect.jsonOfText(parameter)
        case .uuid: dialect.uuidOfText(parameter)
        }
    }

    /// The parameter for a value that was read.
    func parameter(_ value: SQLValue, _ dialect: SQLDialect) -> SQLValue {
        guard kind == .time, let time = value.integer else { return value }
        return dialect.keyOfTime(time)
    }
}

/// What identifies a row in its table; compared by bytes, as the files are sorted.
enum ArchiveKey: Equatable, Comparable {
    case number(Int64)
    case texts([[UInt8]])

    init(_ table: ArchiveTable, _ row: [SQLValue]) {
        if table.isNumbered {
            self = .number(row[table.index("id")].integer ?? 0)
        } else {
            self = .texts(table.key.map { Array((row[table.index($0)].text ?? "").utf8) })
        }
    }

    static func < (one: ArchiveKey, other: ArchiveKey) -> Bool {
        switch (one, other) {
        case (.number(let left), .number(let right)): return left < right
        case (.texts(let left), .texts(let right)):
            for (first, second) in zip(left, right) where first != second {
                return first.lexicographicallyPrecedes(second)
            }
            return left.count < right.count
        case (.number, .texts): return true
        case (.texts, .number): return false
        }
    }
}
