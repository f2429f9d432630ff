package import Storage

/// One pass of retention over all tables, in small steps.
///
/// `pause` is called after each step with the milliseconds that it took, and returns false when the pass should end.
package struct RetentionPass {
    /// Rows that the pass has removed, by what they are.
    package struct Removed: Sendable, Equatable {
        package var events = 0
        package var submissions = 0
        package var pageViews = 0
        package var deliveryReports = 0
        package var deadLetters = 0

        package init() {}
    }

    private let database: any Database
    private let retention: Retention
    private let archived: ArchivedRows?
    private let policy: RetentionPolicy
    /// Seconds since 1970.
    private let now: Int64
    /// Whether the pass searches the figures for old page views.
    private let withPageViews: Bool
    private let pause: (_ milliseconds: Int) -> Bool
    package private(set) var removed = Removed()
    /// Whether the pass has been ended before everything was removed.
    package private(set) var isCut = false

    /// With an archive, only rows are removed that it has.
    package init(
        _ database: any Database,
        policy: RetentionPolicy,
        now: Int64,
        archived: ArchivedRows? = nil,
        withPageViews: Bool = true,
        pause: @escaping (_ milliseconds: Int) -> Bool
    ) throws(StoreError) {
        (self.database, self.policy, self.now, self.pause) = (database, policy, now, pause)
        (self.archived, self.withPageViews) = (archived, withPageViews)
        retention = try Retention(database, archived: archived)
    }

    /// Removes what is old, then the oldest events as long as the limits of size are exceeded.
    ///
    /// - Returns: the size of the database afterwards.
    package mutating func run() throws(StoreError) -> StorageReport {
        try removeOldEvents()
        var report = try StorageReport(database, policy: policy, now: now)
        let excess = report.excessEvents
        if excess > 0 {
            let isExhausted = try removeOldest(excess)
            try removeSubmissionsBeforeEvents()
            report = try StorageReport(database, policy: policy, now: now)
            report.isLimitExceeded = isExhausted && report.excessEvents > 0
        }
        try removeOthers()
        if removed != Removed() || report.size.reusable > 0 {
            try returnSpace()
            let isLimitExceeded = report.isLimitExceeded
            report = try StorageReport(database, policy: policy, now: now)
            report.isLimitExceeded = isLimitExceeded
        }
        return report
    }

    /// Removes the events that are older than the age of their site.
    private mutating func removeOldEvents() throws(StoreError) {
        let times = policy.eventsTimes(now: now)
        guard let latest = times.latest, let end = archivedBorder(latest) else { return }
        // With one age, the oldest events of all sites are those to remove. Otherwise some of them stay, and would be searched again and again.
        guard !times.sites.isEmpty else { return try removeEvents(RemovalPlan.Search(before: end), atMost: nil) }
        let limited = times.until(end)
        for site in try StoredSites(database).overdue(limited) where !isCut {
            try removeEvents(RemovalPlan.Search(site.site, before: site.time, limited), atMost: nil)
        }
    }

    /// Removes events in steps until all are younger than their border, or enough have been removed.
    private mutating func removeEvents(_ search: RemovalPlan.Search, atMost count: Int64?) throws(StoreError) {
        let now = now
        var (left, removedInRound) = (count ?? .max, 0)
        while left > 0 {
            let step = try step { retention throws(StoreError) in try retention.removeEvents(search, now: now) }
            removed.events += step.rows
            removedInRound += step.rows
            left -= Int64(step.rows)
            if step.isLast {
                // Sessions that did not fit into one step were left out.
                guard removedInRound > 0 else { return }
                removedInRound = 0
            }
            guard step.mayContinue else { return }
        }
    }

    /// The end of the archived days, if it is before a time; nil when nothing is archived, so that events are not searched in vain.
    private func archivedBorder(_ time: Int64) -> Int64? {
        guard let archived else { return time }
        return archived.end("collector_events").map { min($0, time) }
    }

    /// Removes the oldest events, a day of them at a time: a session that goes on is cut off at the end of the day after, so that the border
    /// of removed events does not move to the end of the longest session.
    ///
    /// - Returns: Whether nothing is left that may be removed.
    private mutating func removeOldest(_ count: Int64) throws(StoreError) -> Bool {
        guard let latest = archivedBorder(now - RetentionPolicy.sizeAgeMin) else { return true }
        var (left, border) = (count, Int64.min)
        while left > 0, !isCut {
            guard let oldest = try StorageReport.oldestEvent(database), oldest < latest else { return true }
            guard border < latest else { return true }
            border = min(latest, max(border, oldest) + RetentionPolicy.sizeSliceSeconds)
            let before = removed.events
            try removeEvents(RemovalPlan.Search(before: border), atMost: left)
            left -= Int64(removed.events - before)
        }
        return false
    }

    /// Removes the submissions from before the events of all sites: they belong to none.
    private mutating func removeSubmissionsBeforeEvents() throws(StoreError) {
        let latest = try RollupPosition.read(database).retainedFrom
        let border = try min(latest, StorageReport.oldestEvent(database) ?? latest)
        guard border > 0 else { return }
        removed.submissions += try all { retention throws(StoreError) in try retention.removeSubmissions(before: border)
        }
    }

    private mutating func removeOthers() throws(StoreError) {
        let now = now
        if let border = policy.eventsTimes(now: now).others {
            removed.submissions += try all { retention throws(StoreError) in
                try retention.removeSubmissions(before: border)
            }
        }
        let pageViews = policy.pageViewsTimes(now: now)
        if withPageViews, pageViews.latest != nil {
            removed.pageViews += try all { retention throws(StoreError) in
                try retention.removePageViews(before: pageViews)
            }
        }
        if let age = policy.deliveryReports {
            removed.deliveryReports += try all { retention throws(StoreError) in
                try retention.removeDeliveryReports(before: now - age)
            }
        }
        if let age = policy.deadLetters {
            removed.deadLetters += try all { retention throws(StoreError) in
                try retention.removeDeadLetters(before: now - age)
            }
        }
        _ = try all { retention throws(StoreError) in try retention.removeKeys(now: now) }
    }

    /// Returns unused space to the disk.
    private func returnSpace() throws(StoreError) {
        while true {
            let start = ContinuousClock.now
            guard try database.returnSpace() > 0, pause(Int(start.duration(to: .now) / .milliseconds(1))) else {
                return
            }
        }
    }

    /// Runs steps until the last one.
    ///
    /// - Returns: the number of rows that they removed.
    private mutating func all(_ body: (Retention) throws(StoreError) -> Retention.Step) throws(StoreError) -> Int {
        var rows = 0
        while true {
            let step = try step(body)
            rows += step.rows
            guard !step.isLast, step.mayContinue else { return rows }
        }
    }

    private mutating func step(
        _ body: (Retention) throws(StoreError) -> Retention.Step
    ) throws(StoreError) -> (rows: Int, isLast: Bool, mayContinue: Bool) {
        let start = ContinuousClock.now
        let step = try body(retention)
        let milliseconds = Int(start.duration(to: .now) / .milliseconds(1))
        let mayContinue = step.rows == 0 && step.isLast || pause(milliseconds)
        isCut = isCut || !mayContinue
        return (step.rows, step.isLast, mayContinue)
    }
}
