import Locks
import HTTPServer

/// The lease of a stream on a session or an API token: the stream continues until the lease is ended.
final class Lease: Sendable {
    let credential: Credential
    let ticket: Ticket
    private let state: Locked<(confirmedAt: Int64, isOver: Bool)>

    /// Creates a lease that was confirmed at a moment in seconds on a monotonic clock.
    init(credential: Credential, ticket: Ticket, confirmedAt: Int64) {
        self.credential = credential
        self.ticket = ticket
        state = Locked((confirmedAt, false))
    }

    var isOver: Bool { state.withLock { $0.isOver } }
    var confirmedAt: Int64 { state.withLock { $0.confirmedAt } }

    func confirm(_ now: Int64) { state.withLock { $0.confirmedAt = now } }
    func end() { state.withLock { $0.isOver = true } }
}

/// A body of another source that ends when its lease ends.
final class LeasedBody: BodySource {
    private let source: any BodySource
    private let lease: Lease
    private let release: @Sendable () -> Void
    private let farewell: Locked<[UInt8]>

    init(source: any BodySource, lease: Lease, farewell: [UInt8], release: @escaping @Sendable () -> Void) {
        self.source = source
        self.lease = lease
        self.release = release
        self.farewell = Locked(farewell)
    }

    var isEndless: Bool { source.isEndless }

    func next() -> BodyPart {
        guard lease.isOver else { return source.next() }
        let last = farewell.withLock { farewell in
            defer { farewell = [] }
            return farewell
        }
        return last.isEmpty ? .end : .bytes(last)
    }

    func close() {
        release()
        source.close()
    }
}
