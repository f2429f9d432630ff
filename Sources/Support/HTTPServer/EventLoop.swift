import CNet
import Glibc
import HTTPWire
import Synchronization

/// A thread's event loop: waits for readiness events of its connections and reacts to them.
///
/// It never blocks except in the poller.
///
/// Invariants: a connection stays in its slot from `accept` until it is closed. Responses are sent
/// in request order. While a response is pending or unsent, no further request is parsed, and soon
/// the socket is no longer read.
// Unchecked: only the thread that calls `run` accesses the state. The mailbox has a lock.
final class EventLoop: @unchecked Sendable {
    static let readBytesMax = 65_536
    static let listenerToken = UInt64.max
    private static let mailboxToken = UInt64.max - 1

    let number: Int
    let configuration: ServerConfiguration
    let handler: any Handler
    let mailbox: Mailbox
    let listener: Int32
    let metrics: ServerMetrics
    var poller = Poller()
    var slots: [Connection?] = []
    var freeSlots: [Int] = []
    var readBuffer = [UInt8](repeating: 0, count: EventLoop.readBytesMax)
    var lastSerial: UInt32 = 0
    var isListening = false
    /// When to look for idle connections again, after a search without result; in milliseconds of the monotonic clock.
    var nextEviction = 0
    private var drainStart: Int?
    var lastGeneration: UInt32 = 0
    /// The time at the start of this iteration, in milliseconds of the monotonic clock.
    private(set) var now = monotonicMilliseconds()

    init(
        number: Int,
        listener: Int32,
        mailbox: Mailbox,
        configuration: ServerConfiguration,
        handler: any Handler,
        metrics: ServerMetrics
    ) {
        self.number = number
        self.listener = listener
        self.mailbox = mailbox
        self.configuration = configuration
        self.handler = handler
        self.metrics = metrics
    }

    var live: LiveCount { metrics.live }
    var isDraining: Bool { drainStart != nil }
    private var isEmpty: Bool { freeSlots.count == slots.count }

    /// Runs the loop until a shutdown was requested and either all connections are closed or
    /// `drainMilliseconds` have passed.
    ///
    /// Blocks.
    func run() {
        _ = poller.add(mailbox.descriptor, .reading, Self.mailboxToken)
        isListening = poller.add(listener, .reading, Self.listenerToken)
        var lastTick = now
        while true {
            let isIdle = isEmpty && isListening && !isDraining
            let count = poller.wait(milliseconds: isIdle ? 1000 : configuration.tickMilliseconds)
            now = monotonicMilliseconds()
            for index in 0..<count { react(poller[index]) }
            if now - lastTick >= configuration.tickMilliseconds {
                lastTick = now
                tick()
            }
            if mailbox.isStopping, drainStart == nil { beginDrain() }
            if let drainStart, isEmpty || now - drainStart >= configuration.drainMilliseconds { break }
        }
        slots = []
    }

    private func react(_ event: ReadinessEvent) {
        switch event.token {
        case Self.listenerToken: accept()
        case Self.mailboxToken: deliver(mailbox.take())
        default:
            let slot = Int(event.token & 0xFFFF_FFFF)
            guard let connection = slots[slot], connection.token == event.token else { return }
            if event.isGone { return drop(connection) }
            if connection.session != nil { return reactWithTLS(connection, event) }
            if event.isWritable { flush(connection) }
            if event.isReadable, isOpen(connection) { readable(connection) }
            count(connection)
        }
    }

    // MARK: - Closing connections

    func isOpen(_ connection: Connection) -> Bool { slots[connection.slot] === connection }

    func drop(_ connection: Connection) {
        guard isOpen(connection) else { return }
        if connection.session != nil { finishIdleTLS(connection) }
        poller.remove(connection.socket)
        connection.source?.close()
        slots[connection.slot] = nil
        freeSlots.append(connection.slot)
        live.decrement()
        _ = live.hold(-connection.countedBytes)
    }

    /// Updates the count of bytes that the connection holds.
    ///
    /// When the total exceeds `heldBytesMax`, the server responds with 503 to the request that this
    /// connection is sending.
    func count(_ connection: Connection) {
        let held = connection.heldBytes
        guard held != connection.countedBytes, isOpen(connection) else { return }
        let isMore = held > connection.countedBytes
        let sum = live.hold(held - connection.countedBytes)
        connection.countedBytes = held
        guard isMore, sum > configuration.heldBytesMax else { return }
        guard connection.phase != .handshaking else { return drop(connection) }
        guard connection.phase == .reading, connection.requestStart != nil,
            !connection.closesAfterAnswer
        else { return }
        refuseUnfinished(connection, .overloaded)
        connection.input = []
        flush(connection)
        count(connection)
    }

    func watch(_ connection: Connection, _ interest: Interest) {
        guard connection.interest != interest else { return }
        connection.interest = interest
        poller.change(connection.socket, interest, connection.token)
    }

    // MARK: - Reading

    func readable(_ connection: Connection) {
        switch connection.phase {
        case .handshaking: shakeHands(connection)
        case .lingering:
            if Socket.receive(connection.socket, into: &readBuffer) == .ended { drop(connection) }
        case .streaming:
            // Keeps pipelined input up to the size of a head. Beyond that, the client is disconnected.
            let room = connection.input.count < configuration.head.headBytesMax
            switch receive(connection) {
            case .bytes(let count) where room: connection.input += readBuffer[..<count]
            case .wouldBlock: return
            case .bytes, .ended: drop(connection)
            }
        case .waiting:
            // Input that arrives before the response stays in the kernel's buffer.
            watch(connection, .nothing)
        case .reading:
            guard !connection.hasUnsentOutput else { return watch(connection, .writing) }
            switch receive(connection) {
            case .wouldBlock: noteRecord(connection)
            case .ended: drop(connection)
            case .bytes(let count): take(connection, count)
            }
        }
    }

    /// Parses new input together with buffered input, and sends the responses.
    private func take(_ connection: Connection, _ count: Int) {
        if connection.input.isEmpty {
            let bytes = readBuffer
            let used = consume(connection, bytes, count, isWhole: false)
            keep(connection, bytes[used..<count])
        } else {
            connection.input += readBuffer[..<count]
            guard connection.isWorthParsing(count) else { return updateInterest(connection) }
            parseInput(connection)
        }
        flush(connection)
    }

    /// Parses buffered input.
    private func parseInput(_ connection: Connection) {
        let bytes = connection.input
        connection.input = []
        let used = consume(connection, bytes, bytes.count, isWhole: true)
        if used == 0 { connection.input = bytes } else { keep(connection, bytes[used...]) }
    }

    private func keep(_ connection: Connection, _ rest: ArraySlice<UInt8>) {
        guard !rest.isEmpty, !connection.closesAfterAnswer else { return }
        var input: [UInt8] = []
        if case .fixed(_, let total) = connection.stage { input.reserveCapacity(total) }
        input += rest
        connection.input = input
    }

    // MARK: - Writing

    /// Sends pending output, then parses buffered requests that had to wait for it.
    func flush(_ connection: Connection) {
        while true {
            guard send(connection) else { return }
            guard connection.phase == .reading, !connection.closesAfterAnswer, !connection.input.isEmpty,
                connection.hasParsableInput
            else { break }
            connection.hasParsableInput = false
            parseInput(connection)
        }
        updateInterest(connection)
    }

    /// Sends pending output.
    ///
    /// - Returns: False when the connection was closed or the socket's send buffer is full.
    private func send(_ connection: Connection) -> Bool {
        while true {
            guard connection.hasUnsentOutput else {
                clearOutput(connection)
                guard connection.phase == .streaming, connection.putPart() else { return true }
                continue
            }
            let isOutput = connection.outputSent < connection.output.count
            let part = isOutput ? connection.output[connection.outputSent...] : connection.tail?.next ?? []
            switch send(connection, part) {
            case .ended:
                drop(connection)
                return false
            case .wouldBlock:
                if connection.interest != .writing || connection.phase == .streaming {
                    connection.deadline = now + configuration.answerMilliseconds
                }
                watch(connection, connection.writeWaitsForInput ? .reading : .writing)
                return false
            case .bytes(let count):
                if isOutput { connection.outputSent += count } else { connection.tail?.advance(count) }
                if connection.tail?.isEmpty == true { connection.tail = nil }
            }
        }
    }

    private func clearOutput(_ connection: Connection) {
        guard !connection.output.isEmpty else { return }
        connection.output = []
        connection.outputSent = 0
        connection.hasParsableInput = true
    }

    /// Updates the readiness events to wait for and the deadline.
    func updateInterest(_ connection: Connection) {
        switch connection.phase {
        case .handshaking: break
        case .waiting:
            connection.deadline = nil
            // A writable socket would be reported again and again.
            if connection.interest == .writing { watch(connection, .reading) }
        case .streaming:
            connection.deadline = nil
            watch(connection, .reading)
        case .lingering: break
        case .reading where connection.closesAfterAnswer: linger(connection)
        case .reading:
            if let start = connection.requestStart {
                let isHead = if case .head = connection.stage { true } else { false }
                connection.deadline =
                    start + (isHead ? configuration.headMilliseconds : configuration.requestMilliseconds)
            } else {
                let timeout = isDraining ? configuration.drainGraceMilliseconds : configuration.idleMilliseconds
                connection.deadline = now + timeout
            }
            watch(connection, .reading)
        }
    }

    /// Ends the sending direction, and reads on for a while, so that the client receives the last response.
    func linger(_ connection: Connection) {
        connection.phase = .lingering
        connection.input = []
        connection.deadline = now + configuration.lingerMilliseconds
        guard finishTLS(connection) else { return }
        Socket.finish(connection.socket)
        watch(connection, .reading)
    }

    /// Passes responses from other threads to their connections.
    ///
    /// Responses for connections that are gone are dropped.
    private func deliver(_ responses: [(Ticket, ServerResponse)]) {
        for (ticket, answer) in responses {
            guard ticket.slot < slots.count, let connection = slots[ticket.slot],
                connection.generation == ticket.generation
            else {
                if case .stream(_, let source) = answer { source.close() }
                continue
            }
            if case .wake = answer {
                guard connection.phase == .streaming, !connection.hasUnsentOutput else { continue }
            } else {
                guard connection.phase == .waiting else { continue }
                connection.phase = .reading
                countLatency(connection)
                connection.put(affordable(answer), closes: connection.closesWhenAnswered || isDraining)
                if isDraining, connection.source?.isEndless == true { connection.endBody() }
            }
            connection.hasParsableInput = true
            flush(connection)
            count(connection)
        }
    }

    // MARK: - Timers

    private func tick() {
        if !isListening, !isDraining { isListening = poller.add(listener, .reading, Self.listenerToken) }
        for case let connection? in slots {
            if let deadline = connection.deadline, now >= deadline { expire(connection) }
        }
    }

    private func expire(_ connection: Connection) {
        if isDraining, connection.phase == .reading, connection.requestStart == nil {
            // A request may have arrived after the last poll. Read it now, or it is lost.
            readable(connection)
            guard isOpen(connection), connection.phase == .reading, connection.requestStart == nil else { return }
        }
        guard connection.phase == .reading, connection.requestStart != nil, !connection.hasUnsentOutput else {
            return drop(connection)
        }
        refuseUnfinished(connection, .timeout)
        flush(connection)
    }

    /// Stops accepting connections.
    ///
    /// Requests in progress are completed, and idle connections get `drainGraceMilliseconds` to
    /// send one more request.
    private func beginDrain() {
        // Connections left in the queue of a closed listener would be lost.
        while accept() {}
        poller.remove(listener)
        close(listener)
        isListening = false
        drainStart = now
        for case let connection? in slots where connection.source?.isEndless == true {
            connection.endBody()
            connection.closesAfterAnswer = true
            flush(connection)
        }
        for case let connection? in slots
        where connection.phase == .handshaking
            || connection.phase == .reading && connection.requestStart == nil && !connection.hasUnsentOutput
        {
            connection.deadline = now + configuration.drainGraceMilliseconds
        }
    }
}
