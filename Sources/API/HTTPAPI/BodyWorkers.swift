import Locks
import Workers

/// Threads for requests with compressed or large bodies, so that reading them does not delay the requests of other clients.
///
/// The event loops only read, parse and respond to small bodies.
package final class BodyWorkers: Sendable {
    static let threads = 1
    /// The most requests in the queue, and the most bytes of them as they were sent.
    static let waitingMax = 256
    package static let waitingBytesMax = 16 << 20
    /// The size in bytes above which a body is large.
    static let largeBodyBytes = 65_536

    private struct State {
        var waiting: [(bytes: Int, work: @Sendable () -> Void)] = []
        var bytes = 0
    }

    private let waitingBytesMax: Int
    private let state = Locked(State())
    private let worker = Worker("bodies", threads: BodyWorkers.threads)

    package init(waitingBytesMax: Int) {
        self.waitingBytesMax = waitingBytesMax
    }

    package func start() {
        worker.start { [self] in run() }
    }

    package func stop() { worker.stop() }

    /// - Returns: false when the queue is full.
    func take(_ bytes: Int, _ work: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !worker.isStopping, state.waiting.count < Self.waitingMax,
                state.bytes + bytes <= waitingBytesMax || state.waiting.isEmpty
            else { return false }
            state.waiting.append((bytes, work))
            state.bytes += bytes
            return true
        }
        if isTaken { worker.wake() }
        return isTaken
    }

    private func run() {
        while true {
            worker.sleep()
            let (next, isOver) = state.withLock { state -> ((@Sendable () -> Void)?, Bool) in
                guard !state.waiting.isEmpty else { return (nil, worker.isStopping) }
                let first = state.waiting.removeFirst()
                state.bytes -= first.bytes
                return (first.work, false)
            }
            if isOver { return }
            next?()
        }
    }
}
