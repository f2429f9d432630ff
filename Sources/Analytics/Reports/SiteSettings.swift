package import Rollups
import Storage
import Texts

/// The owner's settings of a site.
package struct SiteSettings: Sendable, Equatable {
    /// Empty for sites without settings of their own.
    package var site: String
    /// The IANA name of the time zone in which the owner's page shows the site; nil for that of the browser.
    package var timeZone: String?
    /// How long events and page views of the site are kept.
    package var retention = SiteRetention()

    /// The most sites with settings, and the most bytes of the name of a site.
    package static let sitesMax: Int64 = 1000
    package static let siteBytesMax = 256

    package init(site: String, timeZone: String? = nil) { (self.site, self.timeZone) = (site, timeZone) }
}

extension Reports {
    /// The settings of all sites that have some, ordered by site.
    package func settings() throws(ReportError) -> [SiteSettings] {
        var found: [ByteText: SiteSettings] = [:]
        for row in try database.reportRows("select site, time_zone from site_settings") {
            let site = row[0].text ?? ""
            found[ByteText(site)] = SiteSettings(site: site, timeZone: row[1].text)
        }
        for (site, retention) in try database.siteRetention() where !retention.isEmpty {
            found[site, default: SiteSettings(site: site.text)].retention = retention
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Changes how long events or page views of a site are kept: a nil of `change` leaves an age as it is, and one in it removes the site's.
    ///
    /// Throws `ReportError.refused` when too many sites have ages of their own.
    /// - Returns: the ages of the site.
    package func store(
        _ change: (events: RetentionAge??, pageViews: RetentionAge??),
        of site: String,
        now: Int64
    ) throws(ReportError) -> SiteRetention {
        func column(_ name: String, _ flag: Int) -> String {
            "case when ?\(flag) = 1 then excluded.\(name) else site_retention.\(name) end"
        }
        let rows = try database.reportRows(
            """
            insert into site_retention (site, events, pageviews, changed_at)
            select ?1, ?2, ?3, ?4
            where (select count(*) from site_retention where site <> ?1) < ?5
            on conflict (site) do update set events = \(column("events", 6)), pageviews = \(column("pageviews", 7)),
                changed_at = excluded.changed_at
            returning events, pageviews
            """,
            [
                .text(site), SQLValue((change.events ?? nil)?.stored), SQLValue((change.pageViews ?? nil)?.stored),
                .integer(now), .integer(SiteSettings.sitesMax), .integer(change.events == nil ? 0 : 1),
                .integer(change.pageViews == nil ? 0 : 1),
            ]
        )
        guard let row = rows.first else {
            throw .refused("\(SiteSettings.sitesMax) sites have ages of their own already")
        }
        let stored = SiteRetention(events: RetentionAge(stored: row[0]), pageViews: RetentionAge(stored: row[1]))
        if stored.isEmpty {
            _ = try database.reportRows(
                "delete from site_retention where site = ?1 and events is null and pageviews is null returning site",
                [.text(site)]
            )
        }
        return stored
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
