import Testing

@testable import Ingest

/// How ingest as a value turns from the store to the journal and back, and how it ends.
@Suite struct IngestCourseTests {
    // MARK: - WriteTarget

    @Test func `a failure turns the course to the journal and a success back, each once`() throws {
        var state = IngestState.connected()
        #expect(state.target == .store && state.health == .ready)
        #expect(state.storeWorks() == false)
        #expect(state.storeFailed() && !state.storeFailed())
        #expect(state.target == .journal && state.health == .unavailable && state.accepts)
        #expect(state.queue.offer(try Entry.samples(2)))
        #expect(state.keeper() == "keep 2")
        #expect(state.storeWorks() && !state.storeWorks())
        #expect(state.target == .store && state.health == .ready)
    }

    @Test func `without a journal nothing is turned and records are refused while the store is away`() throws {
        var state = IngestState.connected(hasJournal: false)
        #expect(!state.hasBacklog && state.accepts)
        #expect(!state.storeFailed() && state.target == .store)
        #expect(state.storeWorks() == false)
        #expect(state.queue.offer(try Entry.samples(2)))
        state.connected = 0
        #expect(!state.accepts && state.health == .unavailable)
        #expect(state.writer(0) == "write 2" && state.writer(0) == "sleep")
        #expect(state.retryJournal() == nil)
    }

    @Test func `with a journal records are taken before the store was ever reached, and not with a broken one`() {
        var state = IngestState(writers: 1, hasJournal: true)
        #expect(state.hasBacklog && state.accepts && state.health == .starting)
        state.isBroken = true
        #expect(!state.accepts && state.health == .broken)
        #expect(!IngestState(writers: 1, hasJournal: false).accepts)
    }

    @Test func `the store is starting until it takes over from the journal for the first time`() {
        var state = IngestState(writers: 2, hasJournal: true)
        #expect(state.storeFailed() == true)
        #expect(state.writerConnected() && !state.writerConnected())
        #expect(state.connected == 2 && state.health == .starting && state.accepts)
        #expect(state.storeWorks() == true)
        #expect(state.health == .ready)
        #expect(state.storeFailed() == true)
        #expect(state.health == .unavailable)
    }

    @Test func `a full journal refuses records that would go into it, and no others`() {
        var state = IngestState.connected()
        state.isJournalFull = true
        #expect(state.accepts)
        #expect(state.storeFailed() == true)
        #expect(!state.accepts)
        state.isJournalFull = false
        #expect(state.accepts)
    }

    // MARK: - The backlog

    @Test func `the first writer is woken when something has come into the journal`() {
        var state = IngestState.connected()
        _ = (state.writer(0), state.writer(1))
        #expect(state.journalFilled() == 0 && state.hasBacklog)
        #expect(state.journalFilled() == nil)
        #expect(state.writer(0) == "drain")
    }

    @Test func `a journal that cannot be read is left alone until it is tried again`() throws {
        var state = IngestState.connected(hasBacklog: true)
        #expect(state.writer(0) == "drain")
        #expect(state.retryJournal() == nil)
        #expect(state.journalStuck() == true)
        #expect(state.writer(0) == "sleep")
        #expect(state.retryJournal() == 0)
        // Under way already.
        #expect(state.retryJournal() == nil)
        #expect(state.writer(0) == "drain")
        // No news the second time.
        #expect(state.journalStuck() == false)
        #expect(state.retryJournal() == nil && state.hasBacklog)
    }

    // MARK: - The end

    @Test(arguments: [false, true])
    func `at a stop writers end when nothing waits, without draining`(hasBacklog: Bool) throws {
        var state = IngestState.connected(hasBacklog: hasBacklog)
        state.queue.stop()
        #expect(state.writer(0) == "end" && state.writer(1) == "end" && state.keeper() == "end")
        #expect(state.sleepingThreads() == [])
    }

    @Test func `a stop writes waiting records before the journal thread ends`() throws {
        var state = IngestState.connected(hasBacklog: true)
        #expect(state.queue.offer(try Entry.samples(1500)))
        state.queue.stop()
        #expect(state.keeper() == "sleep")
        #expect(state.writer(0, mayGather: true) == "write 1000")
        #expect(state.keeper(isTick: true) == "sleep")
        #expect(state.writer(1, mayGather: true) == "write 500")
        #expect(state.writer(0) == "end" && state.writer(1) == "end" && state.keeper(isTick: true) == "end")
    }

    @Test func `a stop in an outage journals waiting records and ends the writers`() throws {
        var state = IngestState.connected()
        #expect(state.storeFailed() == true)
        #expect(state.queue.offer(try Entry.samples(1500)))
        state.queue.stop()
        #expect(state.writer(0) == "end" && state.writer(1) == "end")
        #expect(state.keeper() == "keep 1000" && state.keeper() == "keep 500" && state.keeper() == "end")
    }

    @Test func `a stop with stalled writers journals waiting records`() throws {
        var state = IngestState.connected()
        #expect(state.queue.offer(try Entry.samples(3)))
        state.queue.stop()
        #expect(state.keeper() == "sleep")
        _ = state.keeper(isTick: true)
        _ = state.keeper(isTick: true)
        #expect(state.queue.isEmpty)
        #expect(state.keeper() == "end")
    }
}
