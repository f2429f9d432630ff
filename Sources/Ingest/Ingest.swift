import Dispatch
import Glibc
import Guarded
package import Log
package import Storage

/// Takes records in, writes them in groups and says of each what became of it, after its batch has been committed and not before.
///
/// Invariants: an entry that was taken gets exactly one delivery; `.stored` is said only after the commit; what waits is bounded by
/// `GroupCommit.Limits`; after `stop` nothing is taken and everything that waits is written or given up.
package final class Ingest: Sendable {
    /// Milliseconds a free writer may wait for more records in all, and the longest silence it bears meanwhile.
    static let gatherMillisecondsMax = 5
    static let gatherSilenceMilliseconds = 1
    /// Milliseconds that a stop waits for the store before what waits is given up.
    package static let stopMillisecondsMax = 3000

    /// How ingest stands, as an operator is told.
    package enum Health: Sendable, Equatable {
        /// The schema has not been brought up to date yet, since the database has not answered so far.
        case starting
        case ready
        /// The database cannot be written to at present.
        case unavailable
        /// The schema is not ours; the program should end.
        case broken
    }

    /// What happened since the start.
    package struct Counters: Sendable {
        package var batches = 0
        package var stored = 0
        package var duplicates = 0
        package var refused = 0
        package var unavailable = 0
    }

    private struct State {
        var queue: GroupCommit
        var health = Health.starting
        var isSchemaReady = false
        var connected = 0
        var idleWriters = 0
        var counters = Counters()

        /// Whether a writer sleeps and should be woken; counts it as woken.
        mutating func takeIdleWriter() -> Bool {
            guard idleWriters > 0 else { return false }
            idleWriters -= 1
            return true
        }
    }

    private let store: any Store
    private let log: Log
    private let deliver: @Sendable ([Delivery]) -> Void
    private let onBroken: @Sendable (String) -> Void
    private let state: Guarded<State>
    private let work = DispatchSemaphore(value: 0)
    private let readiness = DispatchSemaphore(value: 0)
    private let stopped = DispatchGroup()

    /// Makes the two ends known to each other; nothing runs before `start`.
    ///
    /// `deliver` is called on a writer's thread, once for the entries of a batch, and must not block. `onBroken` is called when the database
    /// turns out to hold a schema that is not ours, with a sentence for the operator.
    package init(
        store: any Store,
        log: Log,
        deliver: @escaping @Sendable ([Delivery]) -> Void,
        onBroken: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.log = log
        self.deliver = deliver
        self.onBroken = onBroken
        state = Guarded(State(queue: GroupCommit()))
    }

    package var health: Health { state.withLock { $0.health } }
    package var counters: Counters { state.withLock { $0.counters } }

    /// Starts the writers.
    ///
    /// Unless the schema is known to be up to date, the first of them sees to that before any of them writes.
    package func start(schemaIsReady: Bool = false) {
        if schemaIsReady { state.withLock { $0.isSchemaReady = true } }
        for number in 0..<store.writersMax {
            // A serial queue of its own is a thread of its own: the writer blocks in it until the stop.
            DispatchQueue(label: "writer-\(number)").async(group: stopped) { [self] in run(number) }
        }
    }

    /// Blocks until the first writer is connected, or the time is over.
    package func waitUntilReady(milliseconds: Int) {
        _ = readiness.wait(timeout: .now() + .milliseconds(milliseconds))
    }

    /// Takes one record.
    ///
    /// - Returns: false when it cannot be taken now: the queue is full, the store away or a stop under way. Then nothing is delivered.
    package func submit(_ entry: Entry) -> Bool {
        let (taken, wake) = state.withLock { state in
            guard state.health == .ready else { return (false, false) }
            let taken = state.queue.offer(entry)
            return (taken, taken && state.takeIdleWriter())
        }
        if wake { work.signal() }
        return taken
    }

    /// Takes the records of one request, all or none.
    package func submit(_ entries: [Entry]) -> Bool {
        let (taken, wake) = state.withLock { state in
            guard state.health == .ready else { return (false, false) }
            let taken = state.queue.offer(entries)
            return (taken, taken && state.takeIdleWriter())
        }
        if wake { work.signal() }
        return taken
    }

    /// Ends the writers after everything that waits has been written or given up; blocks until then.
    package func stop() {
        let writers = state.withLock { state in
            state.queue.stop()
            return store.writersMax
        }
        for _ in 0..<writers { work.signal() }
        _ = stopped.wait(timeout: .now() + .milliseconds(Self.stopMillisecondsMax))
    }

    // MARK: - A writer's thread

    private func run(_ number: Int) {
        var writer = BatchWriter(store: store)
        var reconnect = Reconnect()
        guard prepareSchema(isFirst: number == 0, &reconnect) else { return }
        while true {
            guard writer.isConnected || connect(&writer, &reconnect) else { return }
            guard let entries = nextBatch() else { return }
            if entries.isEmpty { continue }
            let result = writer.write(entries)
            settle(entries, result, &writer)
        }
    }

    /// Brings the schema up to date, trying until the database answers; writers but the first wait for that.
    ///
    /// - Returns: false when the thread should end.
    private func prepareSchema(isFirst: Bool, _ reconnect: inout Reconnect) -> Bool {
        guard isFirst else {
            while state.withLock({ !$0.isSchemaReady && $0.health != .broken && !$0.queue.isStopping }) {
                pause(milliseconds: Reconnect.delayMillisecondsMin)
            }
            return isRunning
        }
        while isRunning, !state.withLock({ $0.isSchemaReady }) {
            do {
                let applied = try store.migrate()
                if !applied.isEmpty { log.info("migrations applied", ["count": applied.count]) }
                reconnect.succeeded()
                state.withLock { $0.isSchemaReady = true }
            } catch {
                if case .schema(let reason) = error {
                    state.withLock { $0.health = .broken }
                    onBroken(reason)
                    return false
                }
                log.warning("database cannot be reached", ["reason": error.reason, "engine": store.engine])
                pause(milliseconds: reconnect.failed())
            }
        }
        return isRunning
    }

    /// Connects, trying until it works or a stop comes.
    private func connect(_ writer: inout BatchWriter, _ reconnect: inout Reconnect) -> Bool {
        while isRunning {
            do {
                try writer.connect()
                reconnect.succeeded()
                let isBack = state.withLock { state in
                    state.connected += 1
                    defer { state.health = .ready }
                    return state.health != .ready
                }
                readiness.signal()
                if isBack { log.info("database connected", ["engine": store.engine]) }
                return true
            } catch {
                log.warning("database cannot be reached", ["reason": error.reason, "engine": store.engine])
                pause(milliseconds: reconnect.failed())
            }
        }
        return false
    }

    /// Waits for records and takes a batch; nil when a stop has come and nothing waits.
    private func nextBatch() -> [Entry]? {
        let first = state.withLock { state -> (mayGather: Bool, count: Int)? in
            if state.queue.isEmpty {
                if !state.queue.isStopping { state.idleWriters += 1 }
                return nil
            }
            return (state.queue.shouldGather(), state.queue.count)
        }
        guard let first else {
            guard isRunning else { return nil }
            work.wait()
            return []
        }
        if first.mayGather { gather(from: first.count) }
        return state.withLock { $0.queue.take() }
    }

    /// Holds on while records keep coming.
    private func gather(from count: Int) {
        var last = count
        for _ in 0..<Self.gatherMillisecondsMax / Self.gatherSilenceMilliseconds {
            pause(milliseconds: Self.gatherSilenceMilliseconds)
            let (now, enough) = state.withLock { ($0.queue.count, $0.queue.hasEnough) }
            if enough || now == last { break }
            last = now
        }
        state.withLock { $0.queue.noteGathering(gained: $0.queue.count - count) }
    }

    /// Counts, logs and delivers what became of a batch.
    private func settle(
        _ entries: [Entry],
        _ result: (outcomes: [Outcome], duplicates: Int, failure: StoreError?),
        _ writer: inout BatchWriter
    ) {
        var counters = Counters()
        counters.batches = 1
        counters.duplicates = result.duplicates
        for outcome in result.outcomes {
            switch outcome {
            case .stored: counters.stored += 1
            case .refused: counters.refused += 1
            case .unavailable: counters.unavailable += 1
            }
        }
        let isConnected = writer.isConnected
        let givenUp = state.withLock { state -> [Entry] in
            state.counters.add(counters)
            guard !isConnected else { return [] }
            state.connected -= 1
            guard state.connected == 0 else { return [] }
            // Nobody is left to write what waits, so nobody should wait for it.
            state.health = .unavailable
            let rest = state.queue.takeAll()
            state.counters.unavailable += rest.count
            return rest
        }
        if let failure = result.failure {
            log.warning(
                "batch not stored whole",
                [
                    "reason": failure.reason, "stored": counters.stored, "refused": counters.refused,
                    "unavailable": counters.unavailable,
                ]
            )
        }
        deliver(zip(entries, result.outcomes).map { Delivery(entry: $0, outcome: $1) })
        if !givenUp.isEmpty { deliver(givenUp.map { Delivery(entry: $0, outcome: .unavailable) }) }
    }

    private var isRunning: Bool { state.withLock { !$0.queue.isStopping } }

    private func pause(milliseconds: Int) {
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        nanosleep(&time, nil)
    }
}

extension Ingest.Counters {
    fileprivate mutating func add(_ other: Ingest.Counters) {
        batches += other.batches
        stored += other.stored
        duplicates += other.duplicates
        refused += other.refused
        unavailable += other.unavailable
    }
}
