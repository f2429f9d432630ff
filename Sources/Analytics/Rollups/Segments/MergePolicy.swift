import Segments

/// Which segments are merged next: few segments remain, and each page view is rewritten a few times at most.
enum MergePolicy {
    /// Segments of one tier that are merged into one.
    static let tierCount = 4
    /// Size of the lowest tier; each tier holds segments four times as large.
    static let tierBase = 16
    /// Live size from which on a segment is full: only dead sessions make it worth rewriting.
    static let fullMin = SegmentEncoder.pageViewsMax * 3 / 4
    /// Size from which on a segment is rewritten when a quarter of its sessions is dead.
    static let rewriteMin = 4096
    /// Size of what one merge reads, about.
    static let sizeMax = 2 * SegmentEncoder.pageViewsMax
    /// Events and resources that weigh as much as one page view, by the limits of a segment.
    private static let rowsPerPageView = SegmentStore.rowsMax / SegmentEncoder.pageViewsMax

    /// Ids of the segments to merge into as few as possible; empty when there is nothing to do.
    ///
    /// It ends: segments that are merged are not full, and of those that they become one is, or there is only one.
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

    /// How much of a segment's limits is used, in page views: by them, or by events and resources.
    private static func size(_ info: SegmentInfo) -> Int {
        max(info.pageViews, (info.events + info.resources) / rowsPerPageView)
    }

    static func tier(_ size: Int) -> Int {
        var (tier, limit) = (0, tierBase)
        while size >= limit { (tier, limit) = (tier + 1, limit * 4) }
        return tier
    }
}
