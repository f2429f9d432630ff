package import Storage
package import Texts

/// The times before which retention has removed events and page views, by site, in seconds since 1970; 0 where it has removed none.
package struct RetentionBorders: Sendable, Equatable {
    /// The latest border of events of all sites.
    package let latest: Int64
    /// The border of sites without a row: that of versions which had one for all sites.
    let others: Int64
    /// The borders of events and of page views of sites.
    private(set) var sites: [ByteText: (events: Int64, pageViews: Int64)] = [:]

    package static func == (one: Self, other: Self) -> Bool {
        one.latest == other.latest && one.others == other.others && one.sites.count == other.sites.count
            && one.sites.allSatisfy { site, borders in other.sites[site].map { $0 == borders } ?? false }
    }

    /// Reads the stored borders.
    package init(_ database: any Database) throws(StoreError) {
        let row = try database.rows(
            "select retained_from, retained_from_others, retention_step, borders_step from insight_position where id = 1"
        ).first
        latest = row?[0].integer ?? 0
        // An earlier version has removed events since, of whatever sites.
        let isComplete = row?[2].integer == row?[3].integer
        others = isComplete ? min(row?[1].integer ?? 0, latest) : latest
        for row in try database.rows("select site, retained_from, pageviews_from from site_borders") {
            sites[ByteText(row[0].text ?? "")] = (row[1].integer ?? 0, row[2].integer ?? 0)
        }
    }

    /// The border of the events of a site.
    package func events(of site: String) -> Int64 { min(latest, max(others, sites[ByteText(site)]?.events ?? 0)) }

    /// The latest border of the events of some sites, or of all (nil).
    package func events(of sites: Set<ByteText>?) -> Int64 {
        guard let sites else { return latest }
        return sites.map { events(of: $0.text) }.max() ?? 0
    }

    /// The latest border of the page views of some sites, or of all (nil).
    package func pageViews(of sites: Set<ByteText>?) -> Int64 {
        (sites.map { sites in sites.compactMap { self.sites[$0] } } ?? Array(self.sites.values)).map(\.pageViews).max()
            ?? 0
    }

    /// The sites whose events are complete up to a later time than those of others, with their borders.
    var own: [(site: String, border: Int64)] {
        sites.keys.sorted().map { ($0.text, events(of: $0.text)) }.filter { $0.1 > others }
    }

    /// Moves the borders of events of sites ahead, in a transaction that also moves that of all.
    static func move(_ borders: [ByteText: Int64], _ database: any Database) throws(StoreError) {
        try move(borders, "retained_from", database)
    }

    /// Moves the borders of page views of sites ahead.
    static func movePageViews(_ borders: [ByteText: Int64], _ database: any Database) throws(StoreError) {
        try move(borders, "pageviews_from", database)
    }

    private static func move(
        _ borders: [ByteText: Int64],
        _ column: String,
        _ database: any Database
    ) throws(StoreError) {
        try database.insert(
            "insert into site_borders (site, \(column))",
            borders.sorted { $0.key < $1.key }.map { [.text($0.key.text), .integer($0.value)] },
            """
            on conflict (site) do update set \(column) = excluded.\(column)
            where site_borders.\(column) < excluded.\(column)
            """
        )
    }
}
