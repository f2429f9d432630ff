package import Glibc

/// A value protected by a lock, for short critical sections without side effects.
///
/// Uses a POSIX mutex instead of Synchronization's `Mutex`: ThreadSanitizer does not see the slow
/// path of `Mutex`, which is in a library that is not instrumented, and reports false races.
// Unchecked: the value is only accessed while the lock is held.
@safe package final class Locked<Value>: @unchecked Sendable {
    @usableFromInline let lock: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline var value: Value

    package init(_ value: sending Value) {
        self.value = value
        unsafe lock = .allocate(capacity: 1)
        unsafe lock.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(lock, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(lock)
        unsafe lock.deallocate()
    }

    /// Calls the body with exclusive access to the value.
    ///
    /// Blocks until the lock is available; not reentrant.
    @inlinable
    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return body(&value)
    }
}
