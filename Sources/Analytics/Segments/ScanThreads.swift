import Locks

/// Limits how many scans have a second thread at the same time; the others use one.
package final class ScanThreads: Sendable {
    /// One, so that reports leave CPU time to ingest.
    package static let threadsMax = 1
    package static let shared = ScanThreads(max: threadsMax)

    private let max: Int
    private let taken = Locked(0)

    package init(max: Int) { self.max = max }

    /// The number of second threads that are running.
    package var count: Int { taken.withLock { $0 } }

    /// Returns whether a thread may start; the thread calls `leave` at its end.
    func enter() -> Bool {
        taken.withLock { taken in
            guard taken < max else { return false }
            taken += 1
            return true
        }
    }

    func leave() { taken.withLock { $0 -= 1 } }
}
