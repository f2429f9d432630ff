import Glibc
import Storage

/// Repeats a write while the database cannot take it, as when another process holds a lock.
///
/// A server has a journal for what it cannot write; a command waits instead.
enum LockWait {
    /// Seconds after which the database is given up, and milliseconds between two attempts.
    private static let timeoutSeconds = 60
    private static let pauseMilliseconds = 100

    /// - Returns: what the write returned; nil when `goesOn`, which is asked after each failed attempt, was false.
    static func attempt<Value>(
        while goesOn: () -> Bool,
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
            guard goesOn() else { return nil }
            usleep(UInt32(pauseMilliseconds * 1000))
        }
    }
}
