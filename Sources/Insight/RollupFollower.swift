import Dispatch
package import Log
package import Storage

/// Keeps the rollups up with the events while the program runs, on a thread of its own.
///
/// It rests as long as it has worked, so that taking records in always has the larger part of the database.
package final class RollupFollower: Sendable {
    /// Milliseconds between two looks at what is new.
    package static let restMilliseconds = 2000
    /// Milliseconds until a database that did not answer is tried again.
    static let retryMilliseconds = 5000
    /// Milliseconds that a stop waits for a portion under way; what is not written then is read again at the next start.
    package static let stopMillisecondsMax = 1000

    private let store: any Store
    private let log: Log
    private let bell = DispatchSemaphore(value: 0)
    private let stopped = DispatchGroup()

    package init(store: any Store, log: Log) {
        self.store = store
        self.log = log
    }

    package func start() {
        DispatchQueue(label: "rollups", qos: .utility).async(group: stopped) { [self] in run() }
    }

    package func stop() {
        bell.signal()
        _ = stopped.wait(timeout: .now() + .milliseconds(Self.stopMillisecondsMax))
    }

    /// Waits.
    ///
    /// - Returns: whether to go on.
    private func rest(milliseconds: Int) -> Bool {
        guard bell.wait(timeout: .now() + .milliseconds(milliseconds)) == .timedOut else {
            // Whoever waits next is to find it, too.
            bell.signal()
            return false
        }
        return true
    }

    private func run() {
        var rollups: Rollups?
        var reason = ""
        // The schema may not be there yet.
        var isWarning = false
        while rest(milliseconds: rollups == nil && isWarning ? Self.retryMilliseconds : Self.restMilliseconds) {
            do throws(StoreError) {
                let current = if let rollups { rollups } else { Rollups(try store.makeDatabase()) }
                rollups = current
                while true {
                    let start = ContinuousClock.now
                    let count = try current.advance(while: { rest(milliseconds: 0) })
                    reason = ""
                    let took = Int(start.duration(to: .now) / .milliseconds(1))
                    if count < Int(Rollups.readMax) { break }
                    log.debug("rollups", ["events": count, "milliseconds": took])
                    guard rest(milliseconds: took) else { return }
                }
            } catch {
                rollups = nil
                if isWarning, error.reason != reason {
                    reason = error.reason
                    log.warning("rollups cannot be written", ["reason": reason])
                }
                isWarning = true
            }
        }
    }
}
