import Segments
import Testing

@testable import Rollups

/// Which segments are merged, so that every choice leads to fewer segments or to full ones.
@Suite struct MergePolicyTests {
    private func segment(_ id: Int64, pageViews: Int, events: Int = 0, resources: Int = 0, dead: Int = 0) -> SegmentInfo
    {
        var info = SegmentInfo(
            id: id,
            firstTime: id,
            lastTime: id,
            sessions: pageViews,
            pageViews: pageViews,
            events: events,
            resources: resources
        )
        for row in 0..<dead { info.markDead(row) }
        return info
    }

    @Test func `four small segments are merged, three are not`() {
        let segments = (1...4).map { segment($0, pageViews: 10) }
        #expect(MergePolicy.choose(segments) == [1, 2, 3, 4])
        #expect(MergePolicy.choose(segments.prefix(3)) == [])
    }

    @Test func `segments with few page views that are full of events stay as they are`() {
        let full = (1...4).map { segment($0, pageViews: 210, events: 1_000_000) }
        #expect(MergePolicy.choose(full) == [])
        let mixed = (1...4).map { segment($0, pageViews: 210, events: 500_000, resources: 500_000) }
        #expect(MergePolicy.choose(mixed) == [])
    }

    @Test func `one merge takes no more events and resources than two segments hold`() {
        let segments = (1...600).map { segment($0, pageViews: 210, events: 400_000, resources: 100_000) }
        let ids = MergePolicy.choose(segments)
        #expect(ids.count == 4)
    }

    @Test func `a segment full of events is rewritten when a quarter of its sessions is dead`() {
        #expect(MergePolicy.choose([segment(1, pageViews: 210, events: 1_000_000, dead: 52)]) == [])
        #expect(MergePolicy.choose([segment(1, pageViews: 210, events: 1_000_000, dead: 53)]) == [1])
    }
}
