import Glibc
import Synchronization
import Testing
import Workers

/// Counts what threads did.
private final class Tally: Sendable {
    private let value = Atomic<Int>(0)
    var count: Int { value.load(ordering: .sequentiallyConsistent) }
    func add() { value.add(1, ordering: .sequentiallyConsistent) }

    /// Waits until the count is reached, for at most ten seconds.
    func reaches(_ count: Int) -> Bool {
        for _ in 0..<5000 where self.count < count { usleep(2000) }
        return self.count >= count
    }
}

@Suite struct WorkerTests {
    @Test func `each wake ends one sleep, also a later one`() {
        let (worker, turns) = (Worker("test"), Tally())
        for _ in 0..<3 { worker.wake() }
        worker.start {
            while true {
                worker.sleep()
                if worker.isStopping { return }
                turns.add()
            }
        }
        #expect(turns.reaches(3))
        worker.wake()
        #expect(turns.reaches(4))
        worker.stop()
        #expect(turns.count == 4)
    }

    @Test func `a sleep without a wake ends at its timeout`() {
        let (worker, timeouts) = (Worker("test"), Tally())
        worker.start { if !worker.sleep(milliseconds: 10) { timeouts.add() } }
        worker.waitUntilStopped()
        #expect(timeouts.count == 1)
    }

    @Test func `a pause lasts although the worker is woken`() {
        let (worker, pauses) = (Worker("test"), Tally())
        worker.wake()
        let time = ContinuousClock().measure {
            worker.start { if worker.pause(milliseconds: 100) { pauses.add() } }
            worker.waitUntilStopped()
        }
        #expect(pauses.count == 1 && time >= .milliseconds(99))
    }

    @Test func `a stop ends the sleep of every thread`() {
        let (worker, asleep, ended) = (Worker("test", threads: 3), Tally(), Tally())
        worker.start {
            while !worker.isStopping {
                asleep.add()
                worker.sleep()
            }
            ended.add()
        }
        #expect(asleep.reaches(3))
        worker.requestStop()
        worker.waitUntilStopped()
        #expect(ended.count == 3)
    }

    @Test func `a stop ends the pause of every thread`() {
        let (worker, ended) = (Worker("test", threads: 3), Tally())
        worker.start {
            while worker.pause(milliseconds: 60_000) {}
            ended.add()
        }
        worker.requestStop()
        worker.waitUntilStopped()
        #expect(ended.count == 3)
    }

    @Test func `a stop does not wait longer than its timeout for work that hangs`() {
        let (worker, busy) = (Worker("test"), Worker("release"))
        worker.start { busy.sleep() }
        let time = ContinuousClock().measure { worker.stop(milliseconds: 50) }
        #expect(time >= .milliseconds(49) && time < .seconds(10))
        busy.wake()
        worker.waitUntilStopped()
    }

    @Test func `several workers share the timeout of a stop`() {
        let release = Worker("release", threads: 4)
        let workers = (0..<4).map { Worker("test-\($0)") }
        for worker in workers { worker.start { release.sleep() } }
        let time = ContinuousClock().measure { Worker.stop(workers, milliseconds: 400) }
        #expect(time >= .milliseconds(399) && time < .milliseconds(1200))
        release.requestStop()
        for worker in workers { worker.waitUntilStopped() }
    }

    @Test func `a worker that was never started stops at once`() {
        #expect(ContinuousClock().measure { Worker("test").stop(milliseconds: 10_000) } < .seconds(5))
    }

    @Test func `threads have the name and number of their worker`() {
        let (worker, named) = (Worker("reader", threads: 2), Tally())
        worker.start {
            let file = open("/proc/thread-self/comm", O_RDONLY)
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = read(file, &bytes, bytes.count)
            close(file)
            let name = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            if ["reader-0\n", "reader-1\n"].contains(name) { named.add() }
        }
        worker.waitUntilStopped()
        #expect(named.count == 2)
    }
}
