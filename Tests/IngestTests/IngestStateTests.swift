import Testing

@testable import Ingest

/// The rules of ingest as a value: who does what next, and who is woken for it.
@Suite struct IngestStateTests {
    // MARK: - Bells

    @Test func `a record for the store wakes one writer that sleeps, and nobody when all are awake`() throws {
        var state = IngestState.connected()
        #expect(state.threadToWake() == nil)
        #expect(state.keeper() == "sleep")
        #expect(state.threadToWake() == nil)
        #expect(state.writer(0) == "sleep" && state.writer(1) == "sleep")
        #expect(state.threadToWake() == 0)
        #expect(state.threadToWake() == 1)
        #expect(state.threadToWake() == nil)
        #expect(state.writer(1) == "sleep")
        #expect(state.threadToWake() == 1)
    }

    @Test func `a record for the journal wakes the journal's thread and no writer`() throws {
        var state = IngestState.connected()
        _ = (state.writer(0), state.writer(1), state.keeper())
        #expect(state.storeFailed() == true)
        #expect(state.threadToWake() == state.journalThread && state.journalThread == 2)
        #expect(state.threadToWake() == nil)
    }

    @Test func `all that sleep are woken at once, each one time`() {
        var state = IngestState.connected(writers: 3)
        _ = (state.writer(0), state.writer(2), state.keeper())
        #expect(state.sleepingThreads() == [0, 2, 3])
        #expect(state.sleepingThreads() == [])
    }

    // MARK: - Writers

    @Test func `writers write while the store is the course, and sleep when nothing waits`() throws {
        var state = IngestState.connected()
        #expect(state.queue.offer(try Entry.samples(3)))
        #expect(state.writer(1) == "write 3")
        #expect(state.writer(1) == "sleep" && state.writer(0) == "sleep")
    }

    @Test func `a writer may gather before it writes a few, and not twice`() throws {
        var state = IngestState.connected()
        #expect(state.queue.offer(try Entry.samples(3)))
        #expect(state.writer(0, mayGather: true) == "gather 3")
        #expect(state.writer(0, mayGather: false) == "write 3")
    }

    @Test func `while the journal is the course the first writer drains and the others sleep, whatever waits`() throws {
        var state = IngestState.connected()
        #expect(state.storeFailed() == true)
        #expect(state.queue.offer(try Entry.samples(3)))
        for _ in 0..<3 { #expect(state.writer(0) == "drain") }
        #expect(state.writer(1) == "sleep")
        #expect(state.queue.count == 3)
    }

    @Test func `the first writer drains in turn with writing when there is both`() throws {
        var state = IngestState.connected(hasBacklog: true)
        var jobs: [String] = []
        for _ in 0..<6 {
            #expect(state.queue.offer(try Entry.samples(2 - state.queue.count)))
            jobs.append(state.writer(0))
        }
        #expect(jobs == ["write 2", "drain", "write 2", "drain", "write 2", "drain"])
        // The others only write.
        #expect(state.writer(1) == "write 2")
        #expect(state.writer(1) == "sleep")
        // Nothing waits: it drains as long as there is a backlog.
        for _ in 0..<3 { #expect(state.writer(0) == "drain") }
        state.hasBacklog = false
        #expect(state.writer(0) == "sleep")
    }

    @Test func `gathering does not take the turn of draining`() throws {
        var state = IngestState.connected(hasBacklog: true)
        var jobs: [String] = []
        var mayGather = true
        for _ in 0..<6 {
            #expect(state.queue.offer(try Entry.samples(2 - state.queue.count)))
            jobs.append(state.writer(0, mayGather: mayGather))
            mayGather = jobs.last?.hasPrefix("gather") != true
        }
        #expect(jobs == ["gather 2", "write 2", "drain", "gather 2", "write 2", "drain"])
    }

    // MARK: - Stalls

    @Test func `records that wait for two checks without a writer go to the journal`() throws {
        var state = IngestState.connected()
        #expect(state.queue.offer(try Entry.samples(5)))
        #expect(state.writer(0) == "write 5")
        #expect(state.queue.offer(try Entry.samples(4)))
        #expect(state.keeper(isTick: true) == "sleep")
        // Woken for something else in between.
        #expect(state.keeper() == "sleep")
        #expect(state.keeper(isTick: true) == "keep 4")
        // What comes meanwhile goes the same way, as long as no writer takes anything.
        #expect(state.queue.offer(try Entry.samples(2)))
        #expect(state.keeper() == "keep 2")
        #expect(state.keeper() == "sleep")
        #expect(state.target == .store)
        #expect(state.queue.offer(try Entry.samples(1)))
        #expect(state.writer(1) == "write 1")
        #expect(state.queue.offer(try Entry.samples(1)))
        #expect(state.keeper() == "sleep")
        #expect(state.keeper(isTick: true) == "sleep")
    }

    @Test func `a take between two looks is no stall`() throws {
        var state = IngestState.connected()
        #expect(state.queue.offer(try Entry.samples(1)))
        #expect(state.writer(0) == "write 1")
        for _ in 0..<5 {
            #expect(state.queue.offer(try Entry.samples(1)))
            #expect(state.keeper(isTick: true) == "sleep")
            #expect(state.writer(0) == "write 1")
        }
    }

    @Test func `a record that came only just before a look has not been stalled`() throws {
        var state = IngestState.connected()
        // Long idle: no writer has had anything to take.
        for _ in 0..<3 { #expect(state.keeper(isTick: true) == "sleep") }
        #expect(state.queue.offer(try Entry.samples(1)))
        #expect(state.keeper(isTick: true) == "sleep")
        #expect(state.writer(0) == "write 1")
    }

    @Test func `without records there is no stall`() {
        var state = IngestState.connected()
        for _ in 0..<3 { #expect(state.keeper(isTick: true) == "sleep") }
    }

    @Test func `while the writers stand still each record wakes the journal, and then a free writer`() throws {
        var state = IngestState.connected()
        #expect(state.queue.offer(try Entry.samples(1)))
        for writer in 0..<2 {
            #expect(state.writer(writer) == "write 1")
            #expect(state.queue.offer(try Entry.samples(1)))
        }
        #expect(state.keeper(isTick: true) == "sleep")
        #expect(state.keeper(isTick: true) == "keep 1")
        // The queue is empty in between, and still nobody is free.
        for _ in 0..<3 {
            #expect(state.keeper(isTick: true) == "sleep")
            #expect(state.queue.offer(try Entry.samples(1)))
            #expect(state.threadToWake() == state.journalThread)
            #expect(state.keeper() == "keep 1")
        }
        #expect(state.writer(1) == "sleep")
        #expect(state.keeper() == "sleep")
        #expect(state.queue.offer(try Entry.samples(1)))
        #expect(state.threadToWake() == 1)
        #expect(state.keeper() == "sleep")
        #expect(state.writer(1) == "write 1")
    }
}
