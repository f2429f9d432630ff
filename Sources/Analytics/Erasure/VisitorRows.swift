import Storage
import Rollups

/// A table with rows of visitors that pages have sent.
struct VisitorTable: Sendable {
    let name: String
    let key: [String]
    /// When a row was received; NULL in some rows of an adopted database.
    let time: String
    let hasSite: Bool

    static let events = VisitorTable(name: "collector_events", key: ["id"], time: "received_at", hasSite: true)
    static let submissions = VisitorTable(name: "debug_data", key: ["id"], time: "timestamp", hasSite: false)
    static let reports = VisitorTable(
        name: "delivery_reports",
        key: ["pageview_id", "visitor_id"],
        time: "first_received_at",
        hasSite: true
    )

    static let all = [events, submissions, reports]
    /// The derived table that has visitors by their id; those of segments are numbers.
    static let fingerprints = "insight_fingerprints"
}

/// The rows of one visitor.
struct VisitorRows {
    let database: any Database
    let scope: VisitorScope
    /// When the erasure was requested, in microseconds since 1970: later rows are new data.
    let through: Int64

    /// Rows of one transaction: small, so that batches do not wait.
    static let portionMax: Int64 = 1000

    /// The number of rows in each table, without tables that have none; with `isNewer`, of those that were received later.
    func counts(isNewer: Bool = false) throws(StoreError) -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for table in VisitorTable.all {
            guard let (condition, parameters) = condition(table, isNewer: isNewer) else { continue }
            let row = try database.rows("select count(*) from \(table.name) where \(condition)", parameters).first
            if let count = row?.first?.integer, count > 0 { counts[table.name] = count }
        }
        return counts
    }

    /// Whether there is any row, at any time.
    func exist() throws(StoreError) -> Bool {
        for table in VisitorTable.all {
            for isNewer in [false, true] {
                guard let (condition, parameters) = condition(table, isNewer: isNewer) else { continue }
                let sql = "select 1 from \(table.name) where \(condition) limit 1"
                if try !database.rows(sql, parameters).isEmpty { return true }
            }
        }
        return try areInFigures()
    }

    /// Whether the rollups have the visitor, also without any row.
    func areInFigures() throws(StoreError) -> Bool {
        if try hasFingerprint() { return true }
        return try Rollups.mayKeepSessions(of: scope.visitor, on: scope.site, database)
    }

    /// Whether the rollups have the visitor by its id.
    func hasFingerprint() throws(StoreError) -> Bool {
        var parameters: [SQLValue] = [.text(scope.visitor)]
        var sql = "select 1 from \(VisitorTable.fingerprints) where visitor_id = ?1"
        if let site = scope.site {
            parameters.append(.text(site))
            sql += " and site = ?2"
        }
        return try !database.rows(sql + " limit 1", parameters).isEmpty
    }

    /// The keys of the next rows to remove; empty when there are none.
    func portion(_ table: VisitorTable) throws(StoreError) -> [[SQLValue]] {
        guard let (condition, parameters) = condition(table, isNewer: false) else { return [] }
        return try database.rows(
            "select \(table.key.joined(separator: ", ")) from \(table.name) where \(condition) limit \(Self.portionMax)",
            parameters
        )
    }

    /// Removes rows by their keys; within a transaction.
    func remove(_ keys: [[SQLValue]], from table: VisitorTable) throws(StoreError) {
        try database.delete(table.name, key: table.key, keys, where: "true")
    }

    /// The number of saved segments whose filters have the id: they are the owner's, and remain.
    func mentions() throws(StoreError) -> Int64 {
        // Neither engine's function for this exists in the other one.
        try database.rows(
            "select count(*) from saved_segments where replace(filters, ?1, '') <> filters",
            [.text(scope.visitor)]
        ).first?.first?.integer ?? 0
    }

    /// Nil for a table without sites, when the scope is one site.
    private func condition(_ table: VisitorTable, isNewer: Bool) -> (sql: String, parameters: [SQLValue])? {
        guard table.hasSite || scope.site == nil else { return nil }
        var parameters: [SQLValue] = [.text(scope.visitor), .integer(through)]
        let time = database.dialect.microseconds(table.time)
        var sql = "visitor_id = ?1 and " + (isNewer ? "\(time) > ?2" : "(\(table.time) is null or \(time) <= ?2)")
        if let site = scope.site {
            parameters.append(.text(site))
            sql += " and site = ?3"
        }
        return (sql, parameters)
    }
}
