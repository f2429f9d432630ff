import Reports
import Rollups
import Storage
import Events
import TimeZones

/// A named range; one of days ends with today.
enum RangeName: String, CaseIterable {
    case hours24 = "24h"
    case days7 = "7d"
    case days30 = "30d"
    case days90 = "90d"
    case today, yesterday

    /// The number of days up to today.
    var days: Int64 {
        switch self {
        case .hours24, .today, .yesterday: 1
        case .days7: 7
        case .days30: 30
        case .days90: 90
        }
    }
}

extension Parameters {
    /// The seconds to which the end of a named range is rounded, so that the panels of a page send the same query.
    private static let step: Int64 = 10
    /// 2000-01-01 in seconds since 1970, the earliest time of a query.
    private static let earliest: Int64 = 946_684_800
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
        do throws(ReportError) {
            return ReportQuery(
                range: try range(now: now, zones: zones),
                site: self["site"],
                filters: try reportFilters(),
                includesBots: self["bots"] == "include",
                isComparing: self["compare"].map { $0 != "none" } ?? isComparedByDefault
            )
        } catch {
            throw QueryError(error)
        }
    }

    /// The search for events.
    func search(now: Int64, zones: ZoneCache = .system) throws(QueryError) -> EventQueries.Search {
        var search = EventQueries.Search()
        do throws(ReportError) {
            _ = try zone(zones)
            if self["range"] != nil || self["from"] != nil || self["to"] != nil {
                let range = try range(now: now, zones: zones)
                (search.from, search.to) = (range.from, range.to)
            }
        } catch {
            throw QueryError(error)
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
            throw .refused("A query has \(ReportQuery.filtersMax) filters at most")
        }
        return filters
    }

    // MARK: - Range

    private func zone(_ zones: ZoneCache) throws(ReportError) -> Zone {
        guard let name = self["zone"] else { return .utc }
        if let zone = zones.zone(name) { return zone }
        guard zones.isInstalled else { throw .refused("The server has no time zones: install tzdata on it") }
        throw .refused("zone must be a time zone of the IANA database, such as Europe/Berlin")
    }

    private func range(now: Int64, zones: ZoneCache) throws(ReportError) -> ReportRange {
        let zone = try zone(zones)
        let interval = self["interval"].flatMap { Interval(rawValue: $0) }
        let end = now - now % Self.step + Self.step
        guard self["from"] != nil || self["to"] != nil else {
            let name = self["range"].flatMap { RangeName(rawValue: $0) } ?? .hours24
            return try named(name, now: now, end: end, zone, interval)
        }
        guard self["range"] == nil else { throw .refused("range does not go with from and to: leave one of them out") }
        let from = try moment("from", now: now, zone) ?? Self.earliest
        let to = try moment("to", now: now, zone)
        guard to == nil, from < end, zone.bucketStart(from, .day) == from else {
            return try ReportRange(from: from, to: to ?? end, zone: zone, interval: interval)
        }
        // Days up to now are compared with as many days before, each up to the same time.
        let days = zone.days(from: from, to: end)
        return try ReportRange(from: from, to: end, zone: zone, interval: interval, shiftDays: days)
    }

    /// A range of whole buckets, the last of which is the current one.
    private func named(
        _ name: RangeName,
        now: Int64,
        end: Int64,
        _ zone: Zone,
        _ interval: Interval?
    ) throws(ReportError) -> ReportRange {
        if name == .hours24 {
            let from = zone.bucketStart(end - 23 * 3600 - 1, .hour)
            return try ReportRange(from: from, to: end, zone: zone, interval: interval ?? .hour, shiftDays: 1)
        }
        let today = zone.bucketStart(now, .day)
        if name == .yesterday {
            let from = zone.bucketStart(today - 1, .day)
            return try ReportRange(from: from, to: today, zone: zone, interval: interval ?? .hour, shiftDays: 1)
        }
        let from = zone.bucketStart(zone.seconds(today, addingDays: 1 - name.days), .day)
        return try ReportRange(
            from: from,
            to: end,
            zone: zone,
            interval: interval ?? (name.days == 1 ? .hour : .day),
            shiftDays: name.days
        )
    }

    /// A time from 2000 to the end of tomorrow, in seconds since 1970; a date as `to` is included in the range.
    private func moment(_ name: String, now: Int64, _ zone: Zone) throws(ReportError) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let seconds = Self.seconds(text, isEnd: name == "to", zone) else {
            throw .refused("\(name) must be a date, a time by ISO 8601 or seconds since 1970")
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
    /// The error of a refused query; parsing a query does not access a store.
    init(_ error: ReportError) {
        switch error {
        case .refused(let sentence): self.init(message: sentence)
        case .store(let error): self.init(message: error.reason)
        }
    }
}
