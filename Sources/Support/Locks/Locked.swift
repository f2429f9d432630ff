package import Glibc

/// A value behind a lock, for short decisions and no effects.
///
/// It is POSIX's lock and not Synchronization's `Mutex`, because the thread sanitizer cannot see the slow path of that one (it lies in a library
/// that is not instrumented) and reports races that are none.
// Unchecked: the value is touched by nobody but who holds the lock.
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

    /// Runs the body while nobody else can touch the value.
    @inlinable
    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return body(&value)
    }
}
