import Testing
import Workers

@Suite struct BackoffTests {
    @Test func `attempts come ever more seldom, up to a limit, and soon again after a success`() {
        var backoff = Backoff()
        #expect((0..<8).map { _ in backoff.failed() } == [100, 200, 400, 800, 1600, 2000, 2000, 2000])
        for _ in 0..<100 { #expect(backoff.failed() == 2000) }
        backoff.succeeded()
        #expect(backoff.failed() == 100)
    }
}
