import Glibc
import Storage

/// Retries a write while the database is unavailable, for example while another process holds a lock.
///
/// A server writes to its journal in this case; a command blocks and retries.
enum LockWait {
    /// Seconds until the last error is thrown, and milliseconds between attempts.
    private static let timeoutSeconds = 60
    private static let pauseMilliseconds = 100

    /// - Returns: the result of `write`; nil when `shouldContinue`, called after each failed attempt, returns false.
    /// - Throws: the error of the last attempt: after the timeout, or at once when a retry cannot help.
    static func attempt<Value>(
        while shouldContinue: () -> Bool,
        _ write: () throws(StoreError) -> Value
    ) throws(StoreError) -> Value? {
        let end = ContinuousClock.now + .seconds(timeoutSeconds)
        while true {
            do throws(StoreError) { return try write() } catch {
                switch error {
                case .unavailable, .queryTimeout, .uncertain: guard ContinuousClock.now < end else { throw error }
                case .refused, .schema, .damaged: throw error
                }
            }
            guard shouldContinue() else { return nil }
            usleep(UInt32(pauseMilliseconds * 1000))
        }
    }
}
