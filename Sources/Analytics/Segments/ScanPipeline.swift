import Dispatch
import Locks

/// Counts the segments of a pass in the order in which they were loaded.
///
/// A large pass counts on a second thread, while the scan's thread reads and loads the next segment.
final class ScanPipeline: Sendable {
    private struct State {
        var free: [SegmentRows]
        var loaded: [SegmentRows] = []
    }

    private let counts: ScanCounts
    private let step: ScanCounts.Step
    private let threads: ScanThreads
    private let hasThread: Bool
    private let state: Locked<State>
    /// Signaled for each of `free`, for each of `loaded` and once at the end, and when the thread ends.
    private let freed = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the thread if the segments of the pass have enough page views.
    init(_ counts: ScanCounts, _ step: ScanCounts.Step, _ rows: ScanRows, _ limits: ScanLimits, pageViews: Int) {
        (self.counts, self.step, threads) = (counts, step, limits.threads)
        hasThread = pageViews >= limits.secondThreadPageViewsMin && limits.threads.enter()
        let free = rows.take(hasThread ? Self.buffers : 1)
        state = Locked(State(free: free))
        for _ in free { freed.signal() }
        if hasThread { DispatchQueue(label: "scan").async { [self] in run() } }
    }

    /// The most segments in memory: one that is being counted and one that is being loaded.
    private static let buffers = 2

    /// Returns memory for the next segment as soon as some is free; the caller must pass it to `count` or `giveBack`.
    func takeFree() -> SegmentRows {
        freed.wait()
        return state.withLock { $0.free.removeLast() }
    }

    /// Counts a segment now or later.
    func count(_ rows: SegmentRows) {
        if hasThread {
            state.withLock { $0.loaded.append(rows) }
            filled.signal()
        } else {
            counts.add(rows, step)
            giveBack(rows)
        }
    }

    func giveBack(_ rows: SegmentRows) {
        state.withLock { $0.free.append(rows) }
        freed.signal()
    }

    /// Waits until all segments are counted and the thread has ended; must be the last call.
    func finish() {
        guard hasThread else { return }
        filled.signal()
        ended.wait()
    }

    private func run() {
        while true {
            filled.wait()
            // The list is only empty after `finish`.
            guard let rows = state.withLock({ $0.loaded.isEmpty ? nil : $0.loaded.removeFirst() }) else { break }
            counts.add(rows, step)
            giveBack(rows)
        }
        // Before `finish` returns, so that the next pass can have a thread.
        threads.leave()
        ended.signal()
    }
}

/// Memory for the segments of a scan, which all of its passes share.
final class ScanRows {
    private let scratch = ListScratch()
    private var all: [SegmentRows] = []

    deinit { scratch.deallocate() }

    func take(_ count: Int) -> [SegmentRows] {
        while all.count < count { all.append(SegmentRows(scratch)) }
        return Array(all.prefix(count))
    }
}
