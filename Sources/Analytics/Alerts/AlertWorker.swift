import Events
import Locks
package import Log
import Rollups
package import Storage
package import Workers

/// Evaluates the rules and sends messages while the server runs, on its own threads.
///
/// Of several servers on one database, the one that holds the lease does it; each of them looks after its own journal. An alert and its
/// messages are stored in one transaction, and an attempt is stored before it is made: a message is sent at least once, with the same id.
package final class AlertWorker: Sendable {
    /// Seconds between two evaluations, unless configured otherwise, and the milliseconds between two looks for messages.
    package static let secondsDefault: Int64 = 60
    static let lookMilliseconds = 1000
    static let retryMilliseconds = 5000
    /// Seconds after which another process takes over from one that has ended, or hangs: more than one attempt takes.
    static let leaseSeconds: Int64 = 30
    /// Seconds after which the lease is written again; before, no statement is needed to hold it.
    static let renewSeconds: Int64 = 10
    /// Seconds that an attempt may take.
    static let attemptSeconds: Int64 = 20
    /// The most test messages that wait.
    static let testsMax = 8

    package let worker = Worker("alerts")
    package let tester = Worker("alert-tests")

    let store: any Store
    let log: Log
    let context: AlertContext
    private let server: @Sendable () -> AlertServerState
    private let seconds: Int64
    private let dictionaries = DictionaryCache()
    private let tests = Locked<[AlertTest]>([])
    private let holder = RandomID.make()

    /// Creates a worker that evaluates every `seconds`; `server` is the state of this process.
    package init(
        store: any Store,
        context: AlertContext,
        seconds: Int64,
        log: Log,
        server: @escaping @Sendable () -> AlertServerState
    ) {
        (self.store, self.context, self.seconds) = (store, context, seconds)
        (self.log, self.server) = (log, server)
    }

    package func start() {
        worker.start { [self] in run() }
        tester.start { [self] in runTests() }
    }

    /// How e-mail is sent; nil if it is not configured.
    package var mailFrom: String? { context.sender.mail?.from }

    /// What the thread remembers between two turns, so that nothing is written while there is nothing to do.
    private struct Memory {
        var hasRules = false
        /// Seconds since 1970 until which this process holds the lease.
        var heldUntil: Int64 = 0
    }

    private func run() {
        var memory = Memory()
        var connection = WorkerConnection(store)
        var next = ContinuousClock.now
        var reason = ""
        // The first error is not logged: the schema may not exist yet.
        var isFirst = true
        while !worker.isStopping {
            var milliseconds = Self.lookMilliseconds
            do throws(StoreError) {
                let isDue = .now >= next
                try connection.use { database throws(StoreError) in
                    try turn(database, evaluates: isDue, &memory)
                }
                if isDue { next = .now + .seconds(seconds) }
                reason = ""
            } catch {
                milliseconds = Self.retryMilliseconds
                if !isFirst, error.reason != reason { log.warning("cannot evaluate alerts", ["reason": error.reason]) }
                if !isFirst { reason = error.reason }
                isFirst = false
            }
            worker.sleep(milliseconds: milliseconds)
        }
        guard memory.heldUntil > 0 else { return }
        // Without it, another process takes over when the lease ends.
        try? connection.use { database throws(StoreError) in try AlertLog(database, holder: holder).release() }
    }

    private func turn(_ database: any Database, evaluates: Bool, _ memory: inout Memory) throws(StoreError) {
        let alerts = AlertLog(database, holder: holder)
        let rules = try evaluates ? AlertTables(database).rules().filter(\.isEnabled) : []
        if evaluates { memory.hasRules = !rules.isEmpty }
        if !memory.hasRules, try alerts.due(now: WallClock.seconds).isEmpty { return }
        let isOwner = try hold(alerts, &memory)
        var evaluation = AlertEvaluation(database, alerts, context: context, dictionaries, now: WallClock.seconds)
        if evaluates { evaluation.server = server() }
        // The journal of this process is known to it alone.
        for rule in rules where isOwner || rule.kind == .journal {
            if isOwner { guard !worker.isStopping, try hold(alerts, &memory) else { return } }
            try evaluation.evaluate(rule, isOwner: isOwner)
        }
        guard isOwner else { return }
        if evaluates { try alerts.prune(now: WallClock.seconds) }
        try deliver(database, alerts, &memory)
    }

    private func hold(_ alerts: AlertLog, _ memory: inout Memory) throws(StoreError) -> Bool {
        let now = WallClock.seconds
        // The clock may have been set back since.
        let left = memory.heldUntil - now
        if left > Self.leaseSeconds - Self.renewSeconds, left <= Self.leaseSeconds { return true }
        let isHeld = try alerts.acquire(now: now, until: now + Self.leaseSeconds)
        memory.heldUntil = isHeld ? now + Self.leaseSeconds : 0
        return isHeld
    }

    /// Sends the messages that are due.
    private func deliver(_ database: any Database, _ alerts: AlertLog, _ memory: inout Memory) throws(StoreError) {
        let due = try alerts.due(now: WallClock.seconds)
        guard !due.isEmpty else { return }
        let channels = try AlertTables(database).channels()
        for delivery in due {
            guard !worker.isStopping, try hold(alerts, &memory) else { return }
            guard let channel = channels.first(where: { $0.id == delivery.channel }) else {
                try alerts.finish(delivery.id, .failed, failure: "The channel was removed", now: WallClock.seconds)
                continue
            }
            try attempt(delivery, channel, alerts)
        }
    }

    private func attempt(_ delivery: AlertDelivery, _ channel: AlertChannel, _ alerts: AlertLog) throws(StoreError) {
        let now = WallClock.seconds
        let retry = AlertRetry.seconds(afterAttempt: delivery.attempts + 1)
        // Not due again while it is on its way, and later by the time that an attempt may take.
        let pause = max(retry ?? 0, Self.attemptSeconds)
        guard try alerts.claim(delivery, nextAt: now + pause) else { return }
        let outcome = context.sender.send(delivery, to: channel, now: now)
        let end = WallClock.seconds
        guard let failure = outcome.failure else {
            return try alerts.finish(delivery.id, .delivered, failure: nil, now: end)
        }
        if let retry, !outcome.isFinal {
            try alerts.retry(delivery.id, failure: failure, at: end + retry)
        } else {
            try alerts.finish(delivery.id, .failed, failure: failure, now: end)
        }
        log.warning(
            "alert not delivered",
            ["delivery": delivery.id, "channel": channel.id, "attempt": delivery.attempts + 1, "reason": failure]
        )
    }

    // MARK: - Tests

    /// Sends a test message, and passes its outcomes to `done`, on another thread.
    ///
    /// - Returns: False if too many wait.
    package func send(_ test: AlertTest) -> Bool {
        let isTaken = tests.withLock { tests in
            guard tests.count < Self.testsMax, !tester.isStopping else { return false }
            tests.append(test)
            return true
        }
        if isTaken { tester.wake() }
        return isTaken
    }

    private func runTests() {
        var connection = WorkerConnection(store)
        while true {
            tester.sleep()
            let (next, isOver) = tests.withLock { tests in
                tests.isEmpty ? (nil, tester.isStopping) : (tests.removeFirst(), false)
            }
            if isOver { return }
            guard let next else { continue }
            do throws(StoreError) {
                let results = try connection.use { database throws(StoreError) in try run(next, database) }
                next.done(.success(results))
            } catch { next.done(.failure(error)) }
        }
    }

    private func run(_ test: AlertTest, _ database: any Database) throws(StoreError) -> [AlertTest.Result]? {
        let now = WallClock.seconds
        var evaluation = AlertEvaluation(database, AlertLog(database), context: context, dictionaries, now: now)
        evaluation.server = server()
        guard let (notice, channels) = try evaluation.test(test.subject) else { return nil }
        return channels.map { channel in
            let outcome = context.sender.send(context.delivery(notice, to: channel, now: now), to: channel, now: now)
            return AlertTest.Result(channel: channel.id, failure: outcome.failure)
        }
    }
}

/// A test message that the owner asks for.
package struct AlertTest: Sendable {
    package enum Subject: Sendable {
        case channel(String)
        case rule(String)
    }

    package struct Result: Sendable, Equatable {
        package var channel: String
        /// Nil if the message was delivered.
        package var failure: String?
    }

    let subject: Subject
    /// Gets the results by channel; nil if there is no such channel or rule.
    let done: @Sendable (Swift.Result<[Result]?, StoreError>) -> Void

    package init(_ subject: Subject, done: @escaping @Sendable (Swift.Result<[Result]?, StoreError>) -> Void) {
        (self.subject, self.done) = (subject, done)
    }
}
