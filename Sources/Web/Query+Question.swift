import Insight
import Telemetry

extension Query {
    /// Seconds that a range by name goes back, less the bucket that is under way.
    private static let ranges: [String: Int64] = [
        "24h": 23 * 3600, "7d": 6 * 86_400, "30d": 29 * 86_400, "90d": 89 * 86_400,
    ]
    /// Seconds that the end of a range by name is rounded to, so that the panels of a page ask the same.
    private static let step: Int64 = 10
    private static let valueBytesMax = 500
    /// Seconds since 1970 of 2000-01-01, the earliest time that can be asked about.
    private static let earliest: Int64 = 946_684_800
    /// Seconds from now to the end of tomorrow, at most, in whatever time zone.
    private static let aheadSecondsMax: Int64 = 2 * 86_400

    /// What is asked, at a moment in seconds since 1970.
    func question(now: Int64) throws(QueryFault) -> Question {
        let (from, to) = try range(now: now)
        var filters: [Question.Filter] = []
        for dimension in Dimension.allCases where Question.filterable.contains(dimension) {
            if let value = self[dimension.rawValue] { filters.append(.init(dimension: dimension, value: value)) }
        }
        guard filters.count <= Question.filtersMax else { throw QueryFault(message: "Too many filters") }
        guard filters.allSatisfy({ $0.value.utf8.count <= Self.valueBytesMax }) else {
            throw QueryFault(message: "A filter is too long")
        }
        let question = Question(
            from: from,
            to: to,
            site: self["site"],
            filters: filters,
            includesRobots: self["robots"] == "1"
        )
        // A range by name is one of whole buckets; what was asked for by its moments is exactly that.
        return self["from"] == nil && self["to"] == nil ? question : question.exactly(from: from, to: to)
    }

    /// What is looked for among the events.
    func search(now: Int64) throws(QueryFault) -> EventReader.Search {
        var search = EventReader.Search()
        if self["range"] != nil || self["from"] != nil || self["to"] != nil {
            let (from, to) = try range(now: now)
            (search.from, search.to) = (from, to)
        }
        (search.visitor, search.session, search.pageview) = (self["visitor"], self["session"], self["pageview"])
        (search.type, search.path, search.site) = (self["type"], self["path"], self["site"])
        (search.key, search.value) = (self["key"], self["value"])
        return search
    }

    /// Start and end of what is asked about, seconds since 1970.
    private func range(now: Int64) throws(QueryFault) -> (from: Int64, to: Int64) {
        let end = now - now % Self.step + Self.step
        if self["from"] == nil, self["to"] == nil {
            guard let length = Self.ranges[self["range"] ?? "24h"] else {
                throw QueryFault(message: "range must be 24h, 7d, 30d or 90d")
            }
            return (end - length, end)
        }
        let from = try moment("from", now: now) ?? Self.earliest
        let to = try moment("to", now: now) ?? end
        guard from < to, to - from <= Question.secondsMax else {
            throw QueryFault(message: "from must be before to, and not more than 800 days")
        }
        return (from, to)
    }

    /// A time from 2000 to the end of tomorrow, in seconds since 1970.
    private func moment(_ name: String, now: Int64) throws(QueryFault) -> Int64? {
        guard let text = self[name] else { return nil }
        // Eight digits are a date, and no number of seconds from 2000 on has as few.
        let seconds = text.utf8.count == 8 ? nil : Int64(text)
        guard let seconds = seconds ?? ISO8601.microseconds(Array(text.utf8)).map({ $0 / 1_000_000 }) else {
            throw QueryFault(message: "\(name) must be a time by ISO 8601 or seconds since 1970")
        }
        guard seconds >= Self.earliest, seconds <= now + Self.aheadSecondsMax else {
            throw QueryFault(message: "\(name) must be a time from the year 2000 to tomorrow")
        }
        return seconds
    }

    /// A whole number within bounds.
    func number(_ name: String, _ bounds: ClosedRange<Int64>) throws(QueryFault) -> Int64? {
        try Self.number(self[name], named: name, bounds)
    }

    /// A whole number within bounds, written in digits alone; nil for no text or an empty one.
    static func number(_ text: String?, named name: String, _ bounds: ClosedRange<Int64>) throws(QueryFault) -> Int64? {
        guard let text, !text.isEmpty else { return nil }
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isPlain, let number = Int64(text), bounds.contains(number) else {
            throw QueryFault(message: "\(name) must be a number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    /// Names of dimensions, separated by commas.
    func dimensions(_ name: String) throws(QueryFault) -> [Dimension] {
        let names = (self[name] ?? "").split(separator: ",")
        let dimensions = names.compactMap { Dimension(rawValue: String($0)) }
        guard dimensions.count == names.count, !names.isEmpty, names.count <= Dimension.allCases.count else {
            let known = Dimension.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryFault(message: "\(name) must be some of \(known)")
        }
        return dimensions
    }
}
