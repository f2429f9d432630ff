import Locks
import Synchronization

/// Passes the responses of other threads to the event loops whose connections wait for them.
///
/// Created before the server, and before the parts of the program that respond later, which all send to it. Responses
/// that are sent before a loop runs wait for it. Thread-safe.
package final class ResponseSink: Sendable {
    /// One for each event loop, by its number.
    let mailboxes: [Mailbox]

    /// What takes the next response of a ticket instead of its connection.
    private let held = Locked<[Ticket: @Sendable (ServerResponse) -> Void]>([:])
    private let heldCount = Atomic<Int>(0)

    /// Of the server that the sink belongs to.
    package let metrics: ServerMetrics

    /// Creates a sink for a server with `configuration.loops` event loops.
    package init(_ configuration: ServerConfiguration) {
        mailboxes = (0..<max(1, configuration.loops)).map { _ in Mailbox() }
        metrics = ServerMetrics(loops: mailboxes.count)
    }

    /// Sends the response for a ticket.
    ///
    /// Has no effect if the connection is gone. Returns at once.
    package func send(_ ticket: Ticket, _ answer: ServerResponse) { send([(ticket, answer)]) }

    /// Sends the responses for several tickets.
    ///
    /// Takes one lock and wakes at most once for each loop.
    package func send(_ answers: [(Ticket, ServerResponse)]) {
        let answers = heldCount.load(ordering: .acquiring) == 0 ? answers : answers.filter { !take($0, $1) }
        for (loop, mailbox) in mailboxes.enumerated() { mailbox.post(answers, of: loop) }
    }

    /// Passes the next response for a ticket to `take` instead of its connection.
    ///
    /// Has to be called before the response can be sent. `take` sends it, at once or later.
    package func hold(_ ticket: Ticket, _ take: @escaping @Sendable (ServerResponse) -> Void) {
        held.withLock { $0[ticket] = take }
        heldCount.add(1, ordering: .releasing)
    }

    /// Ends the hold of a ticket whose response was not sent through the sink.
    package func release(_ ticket: Ticket) {
        guard held.withLock({ $0.removeValue(forKey: ticket) }) != nil else { return }
        heldCount.subtract(1, ordering: .releasing)
    }

    /// Passes the response on if its ticket is held.
    private func take(_ ticket: Ticket, _ answer: ServerResponse) -> Bool {
        if case .wake = answer { return false }
        guard let take = held.withLock({ $0.removeValue(forKey: ticket) }) else { return false }
        heldCount.subtract(1, ordering: .releasing)
        take(answer)
        return true
    }
}
