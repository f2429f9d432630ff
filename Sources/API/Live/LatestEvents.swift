import Reports

/// An event as it is sent to subscribers.
struct Frame: Sendable {
    let id: Int64
    let bytes: [UInt8]
    /// The site of the event, and its time in seconds since 1970.
    var site = ""
    var seconds: Int64 = 0
}

/// The latest events, which are kept for all subscribers: those after `first`, up to `last`.
struct LatestEvents: Sendable {
    private let eventsMax: Int
    private let bytesMax: Int
    private var frames: [Frame] = []
    private var bytes = 0
    /// The id before the first kept event.
    private var first: Int64 = 0
    /// The last id that was read; nil before the first read.
    private(set) var last: Int64?

    init(eventsMax: Int, bytesMax: Int) {
        self.eventsMax = eventsMax
        self.bytesMax = bytesMax
    }

    /// Drops the events; then keeps those after the id, or, without one, those that are new at the next read.
    mutating func begin(after id: Int64?) {
        frames = []
        bytes = 0
        first = id ?? 0
        last = id
    }

    /// Adds events that were read up to an id, and drops the oldest beyond the limits.
    mutating func append(_ new: [Frame], upTo last: Int64) {
        frames += new
        bytes += new.reduce(0) { $0 + $1.bytes.count }
        var surplus = max(0, frames.count - eventsMax)
        for frame in frames.prefix(surplus) { bytes -= frame.bytes.count }
        while bytes > bytesMax, surplus < frames.count {
            bytes -= frames[surplus].bytes.count
            surplus += 1
        }
        if surplus > 0 { first = frames[surplus - 1].id }
        frames.removeFirst(surplus)
        self.last = last
    }

    /// The events of a scope after an id, up to `bytesMax` but at least one, and the id that they reach.
    ///
    /// - Returns: nil when the next event is no longer kept, or nothing was read yet.
    func after(
        _ id: Int64,
        bytesMax: Int,
        scope: ReportScope = ReportScope()
    ) -> (bytes: [UInt8], last: Int64)? {
        guard let last else { return nil }
        guard id < last else { return ([], id) }
        guard id >= first else { return nil }
        var (low, high) = (0, frames.count)
        while low < high {
            let middle = (low + high) / 2
            if frames[middle].id <= id { low = middle + 1 } else { high = middle }
        }
        var bytes: [UInt8] = []
        var reached = id
        for frame in frames[low...] {
            guard scope.contains(site: frame.site, seconds: frame.seconds) else {
                reached = frame.id
                continue
            }
            if !bytes.isEmpty, bytes.count + frame.bytes.count > bytesMax { return (bytes, reached) }
            bytes += frame.bytes
            reached = frame.id
        }
        return (bytes, last)
    }
}
