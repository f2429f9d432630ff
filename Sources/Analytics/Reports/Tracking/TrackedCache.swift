import Locks
import Texts

/// Page views that reports on the tracking have read lately, for reports soon after; safe to use from any thread.
///
/// Reading many takes long, and the card that shows them is loaded again and again. Those of a range that ends now are reused for one that
/// ends a little later: the report says when its figures end.
package final class TrackedCache: Sendable {
    /// Seconds for which page views are reused.
    package static let secondsMax: Int64 = 60
    /// The fewest page views that are worth it.
    static let pageViewsMin: Int64 = 5000
    /// The most results that are kept.
    static let entriesMax = 8

    private struct Entry {
        let site: String?
        let generation: Int64
        /// The time of the report in seconds since 1970.
        let now: Int64
        let views: TrackedPageViews

        func serves(_ wanted: (site: String?, generation: Int64), from: Int64, to: Int64, now: Int64) -> Bool {
            guard haveSameBytes(site, wanted.site), generation == wanted.generation,
                (0...TrackedCache.secondsMax).contains(now - self.now)
            else { return false }
            if (from, to) == (views.from, views.to) { return true }
            guard views.to == self.now + 1, to == now + 1 else { return false }
            return from == views.from || to - from == views.to - views.from
        }
    }

    private let entries = Locked<[Entry]>([])
    private let pageViewsMin: Int64

    package convenience init() { self.init(pageViewsMin: Self.pageViewsMin) }

    init(pageViewsMin: Int64) { self.pageViewsMin = pageViewsMin }

    /// The page views of a range, read by `read` if there are none to reuse.
    ///
    /// `generation` is that of the rollups: it changes when visitors are erased.
    func views(
        _ site: String?,
        generation: Int64,
        from: Int64,
        to: Int64,
        now: Int64,
        _ read: () throws(ReportError) -> TrackedPageViews
    ) throws(ReportError) -> TrackedPageViews {
        let known = entries.withLock { entries in
            entries.first { $0.serves((site, generation), from: from, to: to, now: now) }
        }
        if let known { return known.views }
        let views = try read()
        guard views.total.pageViews >= pageViewsMin else { return views }
        entries.withLock { entries in
            entries.removeAll { now - $0.now > Self.secondsMax }
            if entries.count >= Self.entriesMax { entries.removeFirst() }
            entries.append(Entry(site: site, generation: generation, now: now, views: views))
        }
        return views
    }
}
