/// Sums common to lists, buckets and ranges; `Lane` has the index of each.
typealias Sums = SIMD8<Int64>

/// Lane indexes of `Sums`.
enum Lane {
    static let pageViews = 0, sessions = 1, bounces = 2, errors = 3, customEvents = 4
    static let engagedPageViews = 5, engagedMilliseconds = 6, received = 7
    /// Used in lists of resources.
    static let requests = 0, bytes = 1
}

/// Sums of one segment, without its events, packed to halve the cost of an addition.
///
/// Lane 0: page views, and sessions from bit 32; lane 1: bounces, and engaged page views from bit 32; lane 2:
/// engaged milliseconds; lane 3: events received. The halves do not overflow: a segment has at most 65,536 page
/// views.
typealias Figures = SIMD4<UInt64>

extension Sums {
    init(_ figures: Figures) {
        self.init(
            Int64(figures[0] & 0xffff_ffff),
            Int64(figures[0] >> 32),
            Int64(figures[1] & 0xffff_ffff),
            0,
            0,
            Int64(figures[1] >> 32),
            Int64(truncatingIfNeeded: figures[2]),
            Int64(truncatingIfNeeded: figures[3])
        )
    }
}

extension Aggregate {
    init(_ sums: Sums) {
        self.init()
        (pageViews, sessions, bounces) = (sums[Lane.pageViews], sums[Lane.sessions], sums[Lane.bounces])
        (errors, customEvents) = (sums[Lane.errors], sums[Lane.customEvents])
        (engagedPageViews, engagedMilliseconds) = (sums[Lane.engagedPageViews], sums[Lane.engagedMilliseconds])
        eventsReceived = sums[Lane.received]
    }
}

/// Reusable buffers for counting by dictionary index.
struct ListScratch {
    /// Two accumulators, so that consecutive additions do not depend on each other.
    let even = RowBuffer<Figures>()
    let odd = RowBuffer<Figures>()
    let errors = RowBuffer<Int64>()
    let customEvents = RowBuffer<Int64>()
    /// Sessions in the low 32 bits, bounces in the high 32 bits.
    let sessions = RowBuffer<UInt64>()
    /// Last counted session plus one.
    let seen = RowBuffer<UInt32>()
    /// Measures of a list.
    let amounts = RowBuffer<UInt64>()
    /// By session: 1 when it meets the condition of a list.
    let slots = RowBuffer<UInt16>()
    let sessionSlots = RowBuffer<UInt16>()
    /// Page views of a list's rows, and the list row to which each belongs.
    let groupRows = RowBuffer<UInt16>()
    let groups = RowBuffer<UInt16>()

    func deallocate() {
        for buffer in [even, odd] { buffer.deallocate() }
        for buffer in [errors, customEvents] { buffer.deallocate() }
        for buffer in [slots, sessionSlots, groupRows, groups] { buffer.deallocate() }
        for buffer in [sessions, amounts] { buffer.deallocate() }
        seen.deallocate()
    }
}
