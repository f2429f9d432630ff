import Dispatch
import Locks

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
    /// The most milliseconds that a stop waits for the current body.
    static let stopMillisecondsMax = 500

    private struct State {
        var waiting: [(bytes: Int, work: @Sendable () -> Void)] = []
        var bytes = 0
        var isStopping = false
    }

    private let waitingBytesMax: Int
    private let state = Locked(State())
    private let bell = DispatchSemaphore(value: 0)
    private let stopped = DispatchGroup()

    package init(waitingBytesMax: Int) {
        self.waitingBytesMax = waitingBytesMax
    }

    package func start() {
        for number in 0..<Self.threads {
            DispatchQueue(label: "bodies-\(number)").async(group: stopped) { [self] in run() }
        }
    }

    package func stop() {
        state.withLock { $0.isStopping = true }
        for _ in 0..<Self.threads { bell.signal() }
        _ = stopped.wait(timeout: .now() + .milliseconds(Self.stopMillisecondsMax))
    }

    /// - Returns: false when the queue is full.
    func take(_ bytes: Int, _ work: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isStopping, state.waiting.count < Self.waitingMax,
                state.bytes + bytes <= waitingBytesMax || state.waiting.isEmpty
            else { return false }
            state.waiting.append((bytes, work))
            state.bytes += bytes
            return true
        }
        if isTaken { bell.signal() }
        return isTaken
    }

    private func run() {
        while true {
            bell.wait()
            let next = state.withLock { state -> (@Sendable () -> Void)? in
                guard !state.waiting.isEmpty else { return nil }
                let first = state.waiting.removeFirst()
                state.bytes -= first.bytes
                return first.work
            }
            if let next { next() } else if state.withLock(\.isStopping) { return }
        }
    }
}
