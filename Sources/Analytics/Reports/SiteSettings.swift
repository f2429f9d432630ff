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
        guard let timeZone = settings.timeZone else {
            _ = try database.reportRows(
                "delete from site_settings where site = ?1 returning site",
                [.text(settings.site)]
            )
            return
        }
        let sql = """
            insert into site_settings (site, time_zone, changed_at)
            select ?1, ?2, ?3
            where (select count(*) from site_settings where site <> ?1) < ?4
            on conflict (site) do update set time_zone = excluded.time_zone, changed_at = excluded.changed_at
            returning site
            """
        let rows = try database.reportRows(
            sql,
            [.text(settings.site), .text(timeZone), .integer(now), .integer(SiteSettings.sitesMax)]
        )
        guard !rows.isEmpty else { throw .refused("\(SiteSettings.sitesMax) sites have settings already") }
    }
}
