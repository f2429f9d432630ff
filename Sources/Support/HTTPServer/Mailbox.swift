import CNet
import Glibc
import Locks

/// Passes responses from other threads to an event loop.
final class Mailbox: Sendable {
    private struct State {
        var responses: [(Ticket, ServerResponse)] = []
        var isStopping = false
    }

    private let state = Locked(State())
    /// An eventfd that becomes readable when there are responses to take.
    let descriptor: Int32

    init() {
        descriptor = cnet_eventfd()
    }

    deinit { close(descriptor) }

    /// Posts the responses that belong to a loop.
    ///
    /// The loop is woken at most once until it takes them. Safe to call from any thread.
    func post(_ responses: [(Ticket, ServerResponse)], of loop: Int) {
        let isFirst = state.withLock { state in
            let wasEmpty = state.responses.isEmpty
            for response in responses where response.0.loop == loop { state.responses.append(response) }
            return wasEmpty && !state.responses.isEmpty
        }
        if isFirst { wake() }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func take() -> [(Ticket, ServerResponse)] {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
        return state.withLock { state in
            defer { state.responses = [] }
            return state.responses
        }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }
}
