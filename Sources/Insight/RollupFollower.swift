import Dispatch
package import Log
package import Storage

/// Keeps the rollups up with the events while the program runs, on a thread of its own.
///
/// While there is more than a portion to take in it rests as long as it has worked; afterwards so long that it takes a tenth of a processor at
/// most, since what is added up in one go costs less.
package final class RollupFollower: Sendable {
    /// Milliseconds between two looks at what is new, at least and at most.
    package static let restMilliseconds = 2000
    package static let restMillisecondsMax = 15_000
    /// Milliseconds until a database that did not answer is tried again.
    static let retryMilliseconds = 5000
    /// Milliseconds that a stop waits for a portion under way; what is not written then is read again at the next start.
    package static let stopMillisecondsMax = 500

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
        var milliseconds = Self.restMilliseconds
        // The schema may not be there yet.
        var isWarning = false
        while rest(milliseconds: milliseconds) {
            do throws(StoreError) {
                let current = if let rollups { rollups } else { try Rollups(store.makeDatabase()) }
                rollups = current
                let start = ContinuousClock.now
                let count = try current.advance(while: { rest(milliseconds: 0) })
                reason = ""
                let took = Int(start.duration(to: .now) / .milliseconds(1))
                log.debug("rollups", ["events": count, "milliseconds": took])
                let isBehind = count >= Rollups.portionMax - Int(Rollups.readMax)
                milliseconds = isBehind ? took : min(Self.restMillisecondsMax, max(Self.restMilliseconds, 9 * took))
            } catch {
                rollups = nil
                if isWarning, error.reason != reason {
                    reason = error.reason
                    log.warning("rollups cannot be written", ["reason": reason])
                }
                isWarning = true
                milliseconds = Self.retryMilliseconds
            }
        }
    }
}
