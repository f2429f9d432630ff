import Segments

/// Selects segments to merge: keeps the number of segments low and rewrites each page view only a few times.
enum MergePolicy {
    /// Number of segments in a tier that triggers a merge.
    static let tierCount = 4
    /// Upper size of the lowest tier in page views; each further tier is four times as large.
    static let tierBase = 16
    /// Live size from which a segment is full: only dead sessions justify rewriting it.
    static let fullMin = SegmentEncoder.pageViewsMax * 3 / 4
    /// Minimum size at which a segment is rewritten when a quarter of its sessions are dead.
    static let rewriteMin = 4096
    /// Approximate limit of the input of one merge, in page views.
    static let sizeMax = 2 * SegmentEncoder.pageViewsMax
    /// Events and resources equivalent to one page view, by the limits of a segment.
    private static let rowsPerPageView = SegmentStore.rowsMax / SegmentEncoder.pageViewsMax

    /// Ids of the segments to merge next; empty when no merge is due.
    ///
    /// Repeated merging terminates: input segments are not full, and the output is one segment or has a full one.
    static func choose(_ segments: some Sequence<SegmentInfo>) -> [Int64] {
        var tiers: [Int: [(info: SegmentInfo, live: Int)]] = [:]
        var worn: SegmentInfo?
        for info in segments where info.hasPossibleCounts {
            let dead = info.deadSessions
            let size = size(info)
            let live = size * (info.sessions - dead) / max(1, info.sessions)
            if size >= rewriteMin, dead * 4 >= info.sessions {
                if worn.map({ info.id < $0.id }) ?? true { worn = info }
            }
            guard live < fullMin else { continue }
            tiers[tier(live), default: []].append((info, live))
        }
        for tier in tiers.keys.sorted() {
            guard let list = tiers[tier], list.count >= tierCount else { continue }
            var (ids, sum): ([Int64], Int) = ([], 0)
            for (info, live) in list.sorted(by: { ($0.info.firstTime, $0.info.id) < ($1.info.firstTime, $1.info.id) }) {
                guard sum + live <= sizeMax || ids.count < 2 else { break }
                ids.append(info.id)
                sum += live
            }
            return ids.sorted()
        }
        return worn.map { [$0.id] } ?? []
    }

    /// Size of a segment in page views, by whichever of its limits is used more.
    private static func size(_ info: SegmentInfo) -> Int {
        max(info.pageViews, (info.events + info.resources) / rowsPerPageView)
    }

    static func tier(_ size: Int) -> Int {
        var (tier, limit) = (0, tierBase)
        while size >= limit { (tier, limit) = (tier + 1, limit * 4) }
        return tier
    }
}
