import Events
import Rollups
import Segments
import Storage
import Texts

extension Database {
    /// The times before which retention has removed events and page views, by site.
    func retentionBorders() throws(ReportError) -> RetentionBorders {
        do throws(StoreError) { return try RetentionBorders(self) } catch { throw .store(error) }
    }

    /// Refuses a report that reads stored events of a range of which retention has removed some.
    ///
    /// `from` is in seconds since 1970; `sites` are those that the report is limited to, nil for all. `what` begins the sentence, such as
    /// "Filters on visitors".
    func requireEvents(from: Int64, of sites: Set<ByteText>?, _ what: String) throws(ReportError) {
        let borders = try retentionBorders()
        let border = borders.events(of: sites)
        guard border > from else { return }
        let time = TimestampText.minute(border)
        var isOne = sites?.count == 1
        if !isOne { isOne = try reportRows("select site from rollup_sites limit 2").count < 2 }
        throw .refused(
            isOne
                ? "\(what) read stored events, and those before \(time) UTC have been removed: choose a later range"
                : "\(what) read stored events, and those of some sites before \(time) UTC have been removed: "
                    + "choose a later range, or one site"
        )
    }
}

extension ReportContext {
    /// The sites that the query is limited to, by its site and by filters; nil for all.
    var sites: Set<ByteText>? {
        var sites = query.site.map { Set([ByteText($0)]) }
        for filter in query.filters where filter.subject == .column(.site) && filter.operator == .is {
            let named = Set(filter.values.map { ByteText($0 == ReportFilter.none ? "" : $0) })
            sites = sites?.intersection(named) ?? named
        }
        return sites
    }

    /// The time before which retention has removed events of these sites, in seconds since 1970; 0 if it has removed none.
    func eventsBorder() throws(ReportError) -> Int64 { try database.retentionBorders().events(of: sites) }

    /// The time before which retention has removed page views of these sites, in seconds since 1970; 0 if it has removed none.
    func pageViewsBorder() throws(ReportError) -> Int64 { try database.retentionBorders().pageViews(of: sites) }
}
