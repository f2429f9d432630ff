package import Rollups
import Events
import Segments
import Storage
import Texts

/// What is stored of a site, and for how long.
package struct SiteStorage: Sendable {
    package let site: String
    /// The ages after which events and page views are removed, in seconds; nil keeps them.
    package let ages: (events: Int64?, pageViews: Int64?)
    /// Those of sites without ages of their own.
    package let server: (events: Int64?, pageViews: Int64?)
    /// The ages that the site has of its own.
    package let own: SiteRetention
    /// The time of the oldest stored event, in seconds since 1970; nil without one.
    package let oldestEvent: Int64?
    /// The start of the oldest session in the figures, in seconds since 1970; nil without one.
    package let oldestPageView: Int64?
    /// The times before which events and page views have been removed, in seconds since 1970; nil when none have been.
    package let removedBefore: (events: Int64?, pageViews: Int64?)
}

extension Reports {
    /// Reads what is stored of a site; `policy` has the ages of the server.
    package func storage(of site: String, _ policy: RetentionPolicy) throws(ReportError) -> SiteStorage {
        let range = try ReportRange(from: 0, to: 86_400)
        let query = ReportQuery(range: range, site: site, includesBots: true, isComparing: false)
        return try computed(query) { context throws(ReportError) in
            var policy = policy
            policy.sites = try context.database.siteRetention()
            let borders = try context.database.retentionBorders()
            let removed = [borders.events(of: [ByteText(site)]), borders.pageViews(of: [ByteText(site)])].map {
                $0 > 0 ? $0 : nil
            }
            return SiteStorage(
                site: site,
                ages: policy.ages(of: site),
                server: (policy.events, policy.pageViews),
                own: policy.sites[ByteText(site)] ?? SiteRetention(),
                oldestEvent: try context.oldestEvent(of: site),
                oldestPageView: try context.oldestSession(of: site),
                removedBefore: (removed[0], removed[1])
            )
        }
    }
}

extension Database {
    /// The ages that the owner has set for sites.
    func siteRetention() throws(ReportError) -> [ByteText: SiteRetention] {
        do throws(StoreError) { return try SiteRetention.read(self) } catch { throw .store(error) }
    }
}

extension ReportContext {
    fileprivate func oldestEvent(of site: String) throws(ReportError) -> Int64? {
        let time = database.dialect.microseconds("received_at")
        let rows = try database.reportRows(
            "select \(time) from collector_events where site >= ?1 and site <= ?1 order by site, received_at limit 1",
            [.text(site)]
        )
        return rows.first?[0].integer.map { $0 / 1_000_000 }
    }

    /// Reads segments from the oldest on, until none can have an older session of the site.
    fileprivate func oldestSession(of site: String) throws(ReportError) -> Int64? {
        guard let code = dictionaries.code(of: site, in: .site) else { return nil }
        var oldest: Int64?
        do throws(StoreError) {
            let reader = SegmentReader(database)
            let segments = try reader.segments(from: .min, to: .max).sorted { $0.firstTime < $1.firstTime }
            for info in segments where info.firstTime < oldest ?? .max {
                try reader.read([info.id], SegmentDecoder.startColumns) { _, columns in
                    for (row, start) in (SegmentDecoder.starts(info, columns) ?? []).enumerated()
                    where start.site == code && !info.isDead(row) {
                        oldest = min(oldest ?? .max, start.time)
                    }
                }
            }
        } catch { throw .store(error) }
        return oldest
    }
}
