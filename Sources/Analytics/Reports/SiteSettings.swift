import Storage

/// The owner's settings of a site.
package struct SiteSettings: Sendable, Equatable {
    /// Empty for sites without settings of their own.
    package var site: String
    /// The IANA name of the time zone in which the owner's page shows the site; nil for that of the browser.
    package var timeZone: String?

    /// The most sites with settings, and the most bytes of the name of a site.
    package static let sitesMax: Int64 = 1000
    package static let siteBytesMax = 256

    package init(site: String, timeZone: String?) { (self.site, self.timeZone) = (site, timeZone) }
}

extension Reports {
    /// The settings of all sites that have some, ordered by site.
    package func settings() throws(ReportError) -> [SiteSettings] {
        try database.reportRows("select site, time_zone from site_settings").map { row in
            SiteSettings(site: row[0].text ?? "", timeZone: row[1].text)
        }.sorted { $0.site < $1.site }
    }

    /// Stores the settings of a site; without a time zone, removes them.
    ///
    /// Throws `ReportError.refused` when too many sites have settings.
    package func store(_ settings: SiteSettings, now: Int64) throws(ReportError) {
        try store(settings.timeZone, of: settings.site, in: "site_settings", "time_zone", now: now, named: "settings")
    }

    /// Stores the value of a site in a table with one value for each site, or removes it (nil).
    ///
    /// Throws `ReportError.refused` when too many sites have one, which is `named` in the reason.
    func store(
        _ value: String?,
        of site: String,
        in table: String,
        _ column: String,
        now: Int64,
        named: String
    ) throws(ReportError) {
        guard let value else {
            _ = try database.reportRows("delete from \(table) where site = ?1 returning site", [.text(site)])
            return
        }
        let sql = """
            insert into \(table) (site, \(column), changed_at)
            select ?1, ?2, ?3
            where (select count(*) from \(table) where site <> ?1) < ?4
            on conflict (site) do update set \(column) = excluded.\(column), changed_at = excluded.changed_at
            returning site
            """
        let rows = try database.reportRows(
            sql,
            [.text(site), .text(value), .integer(now), .integer(SiteSettings.sitesMax)]
        )
        guard !rows.isEmpty else { throw .refused("\(SiteSettings.sitesMax) sites have \(named) already") }
    }
}
