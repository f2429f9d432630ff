package import Texts

/// What the owner keeps, and for how long.
package struct RetentionPolicy: Sendable, Equatable {
    /// Shortest age of events, page views and other rows that may be removed by age, in seconds: a day.
    package static let ageMin: Int64 = 86_400
    /// Age of the youngest events that may be removed because of a limit of size, in seconds: an hour.
    package static let sizeAgeMin: Int64 = 3600
    /// Seconds of events that are removed together because of a limit of size.
    package static let sizeSliceSeconds: Int64 = 86_400
    /// Free disk space below which the oldest events are removed, by default.
    package static let diskFreeDefault: Int64 = 1 << 30
    /// Size of a database from which nothing is removed for the disk: something else fills it.
    package static let diskKeptMin: Int64 = 256 << 20

    /// Ages in seconds; nil keeps the rows.
    package var events: Int64?
    package var pageViews: Int64?
    package var deliveryReports: Int64?
    package var deadLetters: Int64?
    /// The ages of sites that replace `events` and `pageViews` for them.
    package var sites: [ByteText: SiteRetention] = [:]
    /// Limit of the size of the database in bytes; nil for none.
    package var databaseBytesMax: Int64?
    /// Free bytes of the disk of a SQLite file below which the oldest events are removed; 0 for never.
    package var diskFreeMin = diskFreeDefault
    /// Free bytes of that disk below which the owner is warned.
    package var diskFreeWarning: Int64 { 2 * diskFreeMin }

    package init() {}

    /// The ages of the events and page views of a site, in seconds; nil keeps them.
    ///
    /// Events are not kept longer than the page views that are computed from them.
    package func ages(of site: String) -> (events: Int64?, pageViews: Int64?) {
        let own = sites[ByteText(site)]
        let pageViews = own?.pageViews.map(\.seconds) ?? pageViews
        let events = own?.events.map(\.seconds) ?? events
        return ([events, pageViews].compactMap(\.self).min(), pageViews)
    }

    /// The times before which events are removed by age.
    package func eventsTimes(now: Int64) -> RemovalTimes { times(now) { $0.events } }

    /// The times before which sessions are removed from the figures.
    package func pageViewsTimes(now: Int64) -> RemovalTimes { times(now) { $0.pageViews } }

    private func times(_ now: Int64, _ age: ((events: Int64?, pageViews: Int64?)) -> Int64?) -> RemovalTimes {
        var server = self
        server.sites = [:]
        var times = RemovalTimes(age(server.ages(of: "")).map { now - $0 })
        for site in sites.keys { times.sites[site] = .some(age(ages(of: site.text)).map { now - $0 }) }
        return times
    }
}
