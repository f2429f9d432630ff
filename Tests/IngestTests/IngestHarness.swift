import Dispatch
import Foundation
import Locks
import Ingest
import Log
import Storage
import Synchronization
import Testing

/// An ingest and what it delivered.
final class IngestHarness: Sendable {
    private final class Deliveries: Sendable {
        let kept = Locked((outcomes: [Int: [Outcome]](), storedCount: 0))
        let arrived = DispatchSemaphore(value: 0)
    }

    private static let secondsMax = 40.0

    let ingest: Ingest
    private let kept: Deliveries

    init(_ store: any Store, journal: (any Journal)? = nil) {
        let deliveries = Deliveries()
        kept = deliveries
        ingest = Ingest(
            store: store,
            journal: journal,
            log: Log(level: .error, format: .logfmt),
            deliver: { batch in
                deliveries.kept.withLock { kept in
                    for delivery in batch {
                        kept.outcomes[Int(delivery.entry.ticket), default: []].append(delivery.outcome)
                        if delivery.outcome == .stored { kept.storedCount += 1 }
                    }
                }
                for _ in batch { deliveries.arrived.signal() }
            },
            onBroken: { Issue.record("\($0)") }
        )
    }

    var outcomes: [Int: [Outcome]] { kept.kept.withLock { $0.outcomes } }
    var storedCount: Int { kept.kept.withLock { $0.storedCount } }

    func startAndWait() {
        ingest.start()
        ingest.waitUntilReady(milliseconds: Int(Self.secondsMax * 1000))
        #expect(ingest.health == .ready)
    }

    /// Waits for so many more deliveries.
    func waitForDeliveries(_ count: Int) -> Bool {
        let end = DispatchTime.now() + Self.secondsMax
        return (0..<count).allSatisfy { _ in kept.arrived.wait(timeout: end) == .success }
    }

    func waitUntil(_ condition: () -> Bool) -> Bool {
        let end = Date() + Self.secondsMax
        while !condition(), Date() < end { usleep(2000) }
        return condition()
    }
}

/// A sender that goes on whether it is refused or not.
final class Load: Sendable {
    private static let entriesMax = 40_000
    private static let pauseMicroseconds: UInt32 = 500

    private let taken = Locked<Set<Int>>([])
    private let isStopped = Atomic<Bool>(false)
    private let done = DispatchGroup()

    init(_ ingest: Ingest, _ make: (Int) throws -> Entry) throws {
        let entries = try (0..<Self.entriesMax).map(make)
        DispatchQueue(label: "load").async(group: done) { [self] in
            for (ticket, entry) in entries.enumerated() where !isStopped.load(ordering: .relaxed) {
                if ingest.submit(entry) { taken.withLock { _ = $0.insert(ticket) } }
                usleep(Self.pauseMicroseconds)
            }
        }
    }

    /// Ends the sending.
    ///
    /// - Returns: what was taken.
    func stop() -> Set<Int> {
        isStopped.store(true, ordering: .relaxed)
        done.wait()
        return taken.withLock { $0 }
    }
}
