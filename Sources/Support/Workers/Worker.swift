import Dispatch
import Glibc
import Synchronization

/// A long-lived thread, or several that do the same work, from `start` to `stop`.
///
/// Its owner passes the work: a loop that ends soon after `isStopping` is true, and that sleeps with `sleep` or `pause`.
/// The threads are named as the worker, as `top -H` and debuggers show them: `live`, or `reader-0` and `reader-1`.
/// Thread-safe.
package final class Worker: Sendable {
    /// The most milliseconds that most workers have to end their current work at a stop.
    package static let stopMillisecondsMax = 500
    /// Linux cuts the names of threads after so many bytes.
    private static let nameBytesMax = 15

    private let names: [String]
    private let isStopRequested = Atomic<Bool>(false)
    private let wakeSignal = DispatchSemaphore(value: 0)
    private let stopSignal = DispatchSemaphore(value: 0)
    private let running = DispatchGroup()

    /// Creates a worker without starting it.
    package init(_ name: String) { names = [name] }

    /// Creates a worker of several threads, whose names end with their number.
    package init(_ name: String, threads: Int) { names = (0..<threads).map { "\(name)-\($0)" } }

    /// Starts the threads, each with the work; call once.
    package func start(_ work: @escaping @Sendable () -> Void) {
        for name in names {
            // The work blocks its queue until the stop, so each thread has its own serial queue.
            DispatchQueue(label: name).async(group: running) {
                Self.nameThread(name)
                work()
            }
        }
    }

    /// Names the thread for `top -H`; without `/proc`, it keeps the name of the process.
    private static func nameThread(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, name, min(name.utf8.count, nameBytesMax))
        close(descriptor)
    }

    // MARK: - The thread

    /// Whether the worker was asked to stop.
    ///
    /// An owner that refuses new work because of it, and a thread that ends because of it, read it under the lock of
    /// the work list, so that no work is accepted after the thread has ended.
    package var isStopping: Bool { isStopRequested.load(ordering: .acquiring) }

    /// Blocks until `wake` or `requestStop` is called, or the timeout expires.
    ///
    /// Each call of `wake` ends one `sleep`, also a later one.
    ///
    /// - Returns: Whether the thread was woken.
    @discardableResult
    package func sleep(milliseconds: Int? = nil) -> Bool {
        guard let milliseconds else {
            wakeSignal.wait()
            return true
        }
        return wakeSignal.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
    }

    /// Blocks for the given time, or until `requestStop` is called.
    ///
    /// - Returns: False when the worker should stop.
    @discardableResult
    package func pause(milliseconds: Int) -> Bool {
        guard stopSignal.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return true }
        // Keep the signal for the next pause, and for the other threads.
        stopSignal.signal()
        return false
    }

    // MARK: - Its owner

    /// Ends one `sleep`, of a thread that sleeps or will sleep.
    package func wake() { wakeSignal.signal() }

    /// Asks the threads to stop, and returns at once.
    package func requestStop() {
        isStopRequested.store(true, ordering: .releasing)
        stopSignal.signal()
        for _ in names { wakeSignal.signal() }
    }

    /// Blocks until the threads have ended.
    package func waitUntilStopped() { running.wait() }

    /// Stops the threads; blocks until they have ended, or the timeout expires.
    package func stop(milliseconds: Int = Worker.stopMillisecondsMax) { Self.stop([self], milliseconds: milliseconds) }

    /// Stops several workers at the same time; blocks until all have ended, or the timeout expires.
    package static func stop(_ workers: [Worker], milliseconds: Int = Worker.stopMillisecondsMax) {
        let timeout = DispatchTime.now() + .milliseconds(milliseconds)
        for worker in workers { worker.requestStop() }
        for worker in workers { _ = worker.running.wait(timeout: timeout) }
    }
}
