/// Passes the responses of other threads to the event loops whose connections wait for them.
///
/// Created before the server, and before the parts of the program that respond later, which all send to it. Responses
/// that are sent before a loop runs wait for it. Thread-safe.
package final class ResponseSink: Sendable {
    /// One for each event loop, by its number.
    let mailboxes: [Mailbox]

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
        for (loop, mailbox) in mailboxes.enumerated() { mailbox.post(answers, of: loop) }
    }
}
