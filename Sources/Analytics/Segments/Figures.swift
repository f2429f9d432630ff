/// The figures that lists, buckets and ranges have in common; one lane for each.
typealias Sums = SIMD8<Int64>

enum Lane {
    static let pageViews = 0, sessions = 1, bounces = 2, errors = 3, customEvents = 4
    static let engagedPageViews = 5, engagedMilliseconds = 6, received = 7
    /// Of lists of resources.
    static let requests = 0, bytes = 1
}

/// The figures of one segment but for its events, packed so that one addition takes half as long: page views and
/// sessions (from bit 32 on), bounces and engaged page views (the same), engaged milliseconds, events received.
///
/// None of the halves overflows, since no segment has more than 65,536 page views.
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

/// Memory for counting by the index of a dictionary.
struct ListScratch {
    /// Two of each, so that one addition need not wait for the one before.
    let even = RowBuffer<Figures>()
    let odd = RowBuffer<Figures>()
    let errors = RowBuffer<Int64>()
    let customEvents = RowBuffer<Int64>()
    /// Sessions from bit 0 on, bounces from bit 32 on.
    let sessions = RowBuffer<UInt64>()
    /// One more than the session that was counted last.
    let seen = RowBuffer<UInt32>()
    let slots = RowBuffer<UInt16>()
    let sessionSlots = RowBuffer<UInt16>()
    /// Page views of the rows of a list, and which row each belongs to.
    let groupRows = RowBuffer<UInt16>()
    let groups = RowBuffer<UInt16>()

    func deallocate() {
        for buffer in [even, odd] { buffer.deallocate() }
        for buffer in [errors, customEvents] { buffer.deallocate() }
        for buffer in [slots, sessionSlots, groupRows, groups] { buffer.deallocate() }
        sessions.deallocate()
        seen.deallocate()
    }
}
