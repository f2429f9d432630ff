import CNet
import Glibc
import Locks

/// Answers on their way from other threads to a loop.
final class Mailbox: Sendable {
    private struct State {
        var responses: [(Ticket, Answer)] = []
        var isStopping = false
    }

    private let state = Locked(State())
    /// Becomes readable when there is something to take.
    let descriptor: Int32

    init() {
        descriptor = cnet_eventfd()
    }

    deinit { close(descriptor) }

    /// Posts those of the answers that are for a loop, which is woken at most once until it has looked.
    func post(_ responses: [(Ticket, Answer)], of loop: Int) {
        let isFirst = state.withLock { state in
            let wasEmpty = state.responses.isEmpty
            for letter in responses where letter.0.loop == loop { state.responses.append(letter) }
            return wasEmpty && !state.responses.isEmpty
        }
        if isFirst { wake() }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func take() -> [(Ticket, Answer)] {
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
