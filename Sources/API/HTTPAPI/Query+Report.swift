import Reports
import Rollups
import Storage
import Events
import TimeZones

extension Query {
    /// Seconds that the end of a range by name is rounded to, so that the panels of a page ask the same.
    private static let step: Int64 = 10
    /// Seconds since 1970 of 2000-01-01, the earliest time that can be asked about.
    private static let earliest: Int64 = 946_684_800
    /// Seconds from now to the end of tomorrow, at most, in whatever time zone.
    private static let aheadSecondsMax: Int64 = 2 * 86_400 + 3600
    /// Days of ranges by name; the last one is today.
    private static let days: [String: Int64] = ["7d": 7, "30d": 30, "90d": 90, "today": 1]
    /// Parameters that are filters of their own: `browser=Chrome` is `["is","browser",["Chrome"]]`.
    static let filters = [
        "path", "browser", "system", "device", "referrer", "campaign", "language", "screen", "country", "release",
        "connection", "event",
    ]

    /// What is asked, at a moment in seconds since 1970.
    func report(now: Int64, zones: ZoneCache = .system) throws(QueryError) -> ReportQuery {
        do throws(ReportError) {
            return ReportQuery(
                range: try range(now: now, zones: zones),
                site: self["site"],
                filters: try reportFilters(),
                includesBots: try bots(),
                isComparing: try choice("compare", ["previous", "none"]) != "none"
            )
        } catch {
            throw QueryError(error)
        }
    }

    /// What is looked for among the events.
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

    /// One of some words; nil when the parameter is missing.
    private func choice(_ name: String, _ words: [String]) throws(ReportError) -> String? {
        guard let value = self[name] else { return nil }
        guard words.contains(value) else { throw .refused("\(name) must be \(words.joined(separator: " or "))") }
        return value
    }

    private func bots() throws(ReportError) -> Bool {
        // The parameter `robots` is that of version 2.
        let old = try choice("robots", ["0", "1"])
        return try choice("bots", ["include", "exclude"]).map { $0 == "include" } ?? (old == "1")
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
        let interval = try choice("interval", Interval.allCases.map(\.rawValue)).flatMap { Interval(rawValue: $0) }
        let end = now - now % Self.step + Self.step
        guard self["from"] != nil || self["to"] != nil else {
            return try named(self["range"] ?? "24h", now: now, end: end, zone, interval)
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

    /// A range of whole buckets, the last of which is under way.
    private func named(
        _ name: String,
        now: Int64,
        end: Int64,
        _ zone: Zone,
        _ interval: Interval?
    ) throws(ReportError) -> ReportRange {
        if name == "24h" {
            let from = zone.bucketStart(end - 23 * 3600 - 1, .hour)
            return try ReportRange(from: from, to: end, zone: zone, interval: interval ?? .hour, shiftDays: 1)
        }
        let today = zone.bucketStart(now, .day)
        if name == "yesterday" {
            let from = zone.bucketStart(today - 1, .day)
            return try ReportRange(from: from, to: today, zone: zone, interval: interval ?? .hour, shiftDays: 1)
        }
        guard let days = Self.days[name] else {
            throw .refused("range must be 24h, 7d, 30d, 90d, today or yesterday")
        }
        let from = zone.bucketStart(zone.seconds(today, addingDays: 1 - days), .day)
        return try ReportRange(
            from: from,
            to: end,
            zone: zone,
            interval: interval ?? (days == 1 ? .hour : .day),
            shiftDays: days
        )
    }

    /// A time from 2000 to the end of tomorrow, in seconds since 1970; a date as `to` is part of the range.
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
        // Eight digits are a date, and no number of seconds from 2000 on has as few.
        if bytes.count != 8, let seconds = Int64(text) { return seconds }
        guard let microseconds = ISO8601.microseconds(bytes) else { return nil }
        let seconds = microseconds / 1_000_000
        guard let separator = bytes.firstIndex(where: { "Tt ".utf8.contains($0) }) else {
            return zone.dateStart(local: isEnd ? seconds + 86_400 : seconds)
        }
        let hasOffset = bytes[separator...].contains { "Zz+-".utf8.contains($0) }
        return hasOffset ? seconds : zone.seconds(local: seconds)
    }

    // MARK: - Numbers and names

    /// A whole number within bounds.
    func number(_ name: String, _ bounds: ClosedRange<Int64>) throws(QueryError) -> Int64? {
        try Self.number(self[name], named: name, bounds)
    }

    /// A whole number within bounds, written in digits alone; nil for no text or an empty one.
    static func number(_ text: String?, named name: String, _ bounds: ClosedRange<Int64>) throws(QueryError) -> Int64? {
        guard let text, !text.isEmpty else { return nil }
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isPlain, let number = Int64(text), bounds.contains(number) else {
            throw QueryError(message: "\(name) must be a number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    /// Names of dimensions, separated by commas, each once.
    func dimensions(_ name: String) throws(QueryError) -> [ReportDimension] {
        let names = (self[name] ?? "").split(separator: ",")
        let dimensions = names.compactMap { ReportDimension(rawValue: String($0)) }
        guard dimensions.count == names.count, !names.isEmpty, Set(dimensions).count == names.count else {
            let known = ReportDimension.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryError(message: "\(name) must be some of \(known)")
        }
        return dimensions
    }
}

extension QueryError {
    /// Of a query that is refused; a store is not asked while a query is read.
    init(_ error: ReportError) {
        switch error {
        case .refused(let sentence): self.init(message: sentence)
        case .store(let error): self.init(message: error.reason)
        }
    }
}
