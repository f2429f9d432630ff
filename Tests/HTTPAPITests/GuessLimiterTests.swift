import Events
import Testing

@testable import HTTPAPI

@Suite struct GuessLimiterTests {
    private static let now: Int64 = 1_000_000

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test func `a client that guesses waits longer each time, and other clients do not`() throws {
        var limiter = GuessLimiter()
        let (one, other) = (try address("198.51.100.1"), try address("198.51.100.2"))
        for _ in 0..<GuessLimiter.failuresFree { #expect(limiter.fail(one, now: Self.now) == nil) }
        #expect(limiter.fail(one, now: Self.now) == GuessLimiter.lockSeconds)
        #expect(limiter.fail(one, now: Self.now + 10) == GuessLimiter.lockSeconds - 10)
        #expect(limiter.fail(other, now: Self.now) == nil)
        var now = Self.now
        var waits: [Int64] = []
        for _ in 0..<8 {
            now += GuessLimiter.lockSecondsMax
            #expect(limiter.fail(one, now: now) == nil)
            waits.append(limiter.fail(one, now: now) ?? 0)
        }
        #expect(waits == [60, 120, 240, 480, 900, 900, 900, 900])
        limiter.succeed(one, now: now)
        #expect(limiter.fail(one, now: now) == nil)
    }

    @Test func `a network of 64 bits is one sender, and one of 48 bits has to wait as a whole`() throws {
        var limiter = GuessLimiter()
        for host in 0..<GuessLimiter.failuresFree {
            #expect(limiter.fail(try address("2001:db8:1:1::\(host)"), now: Self.now) == nil)
        }
        #expect(limiter.fail(try address("2001:db8:1:1::ffff"), now: Self.now) != nil)
        #expect(limiter.fail(try address("2001:db8:1:2::1"), now: Self.now) == nil)
        var free = 0
        for network in 0x100..<0x200 {
            // Slow enough for the global limit.
            let wait = limiter.fail(
                try address("2001:db8:1:\(String(network, radix: 16))::1"),
                now: Self.now + Int64(network / 10)
            )
            if wait == nil { free += 1 }
        }
        #expect(free < GuessLimiter.failuresFreeWide)
        #expect(limiter.fail(try address("2001:db8:2:1::1"), now: Self.now + 60) == nil)
    }

    @Test func `ten thousand addresses do not make it forget the one that has to wait`() throws {
        var limiter = GuessLimiter()
        let one = try address("198.51.100.1")
        for _ in 0...GuessLimiter.failuresFree { _ = limiter.fail(one, now: Self.now) }
        for number in 0..<10_000 {
            _ = limiter.fail(try address("10.0.\(number / 250).\(number % 250)"), now: Self.now)
        }
        #expect(limiter.fail(one, now: Self.now + 1) == GuessLimiter.lockSeconds - 1)
    }

    @Test func `many addresses together get no more free guesses than the global limit`() throws {
        var limiter = GuessLimiter()
        var free = 0
        for second in 0..<Int64(10) {
            for number in 0..<5000 {
                let sender = try address("10.\(second).\(number / 250).\(number % 250)")
                if limiter.fail(sender, now: Self.now + second) == nil { free += 1 }
            }
        }
        #expect(free <= Int(GuessLimiter.failuresBurst + 10 * GuessLimiter.failuresPerSecondMax))
    }
}
