import Reports
import Rollups
import Storage
import Events
import TimeZones

extension Parameters {
    /// The seconds to which the end of a named range is rounded, so that the panels of a page send the same query.
    private static let step: Int64 = 10
    /// 2000-01-01 in seconds since 1970, the earliest time of a query.
    static let earliest: Int64 = 946_684_800
    /// The times that owners may enter, up to 2100-01-01, in seconds since 1970.
    static let enteredTimes: ClosedRange<Int64> = earliest...4_102_444_800
    /// The most seconds from now to the end of tomorrow, in any time zone.
    private static let aheadSecondsMax: Int64 = 2 * 86_400 + 3600
    /// Parameters that are filters by themselves: `browser=Chrome` is `["is","browser",["Chrome"]]`.
    static let filters = ReportDimension.allCases.filter(\.isParameter).map(\.rawValue)

    /// The report query at a moment in seconds since 1970.
    func report(
        now: Int64,
        zones: ZoneCache = .system,
        isComparedByDefault: Bool = true
    ) throws(QueryError) -> ReportQuery {
        try QueryError.parsing { () throws(ReportError) in
            ReportQuery(
                range: try range(now: now, zones: zones),
                site: self["site"],
                filters: try reportFilters(),
                includesBots: self["bots"] == "include",
                isComparing: self["compare"].map { $0 != "none" } ?? isComparedByDefault,
                scope: scope
            )
        }
    }

    /// The search for events.
    func search(now: Int64, zones: ZoneCache = .system) throws(QueryError) -> EventQueries.Search {
        var search = EventQueries.Search()
        try QueryError.parsing { () throws(ReportError) in
            _ = try zone(zones)
            if self["range"] != nil || self["from"] != nil || self["to"] != nil {
                let range = try range(now: now, zones: zones)
                (search.from, search.to) = (range.from, range.to)
            }
        }
        (search.visitor, search.session, search.pageview) = (self["visitor"], self["session"], self["pageview"])
        (search.type, search.path, search.site) = (self["type"], self["path"], self["site"])
        (search.key, search.value) = (self["key"], self["value"])
        return search
    }

    private func reportFilters() throws(ReportError) -> [ReportFilter] {
        var filters = try self["filters"].map { text throws(ReportError) in try ReportFilter.list(text) } ?? []
        for name in Self.filters {
            if let value = self[name] { filters.append(try ReportFilter("is", name, [value])) }
        }
        guard filters.count <= ReportQuery.filtersMax else {
            throw .refused("A query must have at most \(ReportQuery.filtersMax) filters")
        }
        return filters
    }

    // MARK: - Range

    func zone(_ zones: ZoneCache) throws(ReportError) -> Zone {
        guard let name = self["zone"] else { return .utc }
        if let zone = zones.zone(name) { return zone }
        guard zones.isInstalled else { throw .refused("The server has no time zone data: install tzdata") }
        throw .refused("zone must be an IANA time zone, such as Europe/Berlin")
    }

    func range(now: Int64, zones: ZoneCache) throws(ReportError) -> ReportRange {
        let zone = try zone(zones)
        let interval = self["interval"].flatMap { Interval(rawValue: $0) }
        let weekStart = integer("week_start").flatMap { Weekday(rawValue: $0) } ?? .monday
        let end = now - now % Self.step + Self.step
        guard self["from"] != nil || self["to"] != nil else {
            let name = self["range"].flatMap { NamedRange(rawValue: $0) } ?? .hours24
            // All time is all that the sender may read.
            let last = name == .all ? min(end, scope.times?.upperBound ?? end) : end
            return try ReportRange(
                name,
                now: now,
                end: last,
                earliest: min(max(Self.earliest, scope.times?.lowerBound ?? .min), last - 1),
                zone: zone,
                interval: interval,
                weekStart: weekStart
            )
        }
        guard self["range"] == nil else { throw .refused("range cannot be combined with from and to") }
        let from = try moment("from", now: now, zone) ?? Self.earliest
        let to = try moment("to", now: now, zone)
        // Days up to now are compared with as many days before, each up to the same time.
        let isDaysToNow = to == nil && from < end && zone.bucketStart(from, .day) == from
        return try ReportRange(
            from: from,
            to: to ?? end,
            zone: zone,
            interval: interval,
            weekStart: weekStart,
            shiftDays: isDaysToNow ? zone.days(from: from, to: end) : nil
        )
    }

    /// A time from 2000 to the end of tomorrow, in seconds since 1970; a date as `to` is included in the range.
    private func moment(_ name: String, now: Int64, _ zone: Zone) throws(ReportError) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let seconds = Self.seconds(text, isEnd: name == "to", zone) else {
            throw .refused("\(name) must be a date, an ISO 8601 time or seconds since 1970")
        }
        guard seconds >= zone.dateStart(local: Self.earliest), seconds <= now + Self.aheadSecondsMax else {
            throw .refused("\(name) must be a time from the year 2000 to tomorrow")
        }
        return seconds
    }

    private static func seconds(_ text: String, isEnd: Bool, _ zone: Zone) -> Int64? {
        let bytes = Array(text.utf8)
        // Eight digits are a date: no number of seconds from 2000 on has so few.
        if bytes.count != 8, let seconds = Int64(text) { return seconds }
        guard let microseconds = ISO8601.microseconds(bytes) else { return nil }
        let seconds = microseconds / 1_000_000
        guard let separator = bytes.firstIndex(where: { "Tt ".utf8.contains($0) }) else {
            return zone.dateStart(local: isEnd ? seconds + 86_400 : seconds)
        }
        let hasOffset = bytes[separator...].contains { "Zz+-".utf8.contains($0) }
        return hasOffset ? seconds : zone.seconds(local: seconds)
    }
}

extension QueryError {
    /// The value of some parsing, whose refusals are errors of the request.
    static func parsing<Value>(_ parse: () throws(ReportError) -> Value) throws(QueryError) -> Value {
        do throws(ReportError) { return try parse() } catch { throw QueryError(error) }
    }

    /// The error of a refused query; parsing a query does not access a store.
    init(_ error: ReportError) {
        switch error {
        case .refused(let sentence): self.init(message: sentence)
        case .store(let error): self.init(message: error.reason)
        }
    }
}
