import Events
import Testing

@testable import HTTPAPI

extension RateLimiter {
    fileprivate func take(_ address: IPAddress, records: Int, now: Double) -> Int? {
        take(address, records: records, now: MonotonicTime(seconds: now))
    }
}

@Suite struct RateLimiterTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    /// One of 16 million addresses.
    private func address(_ number: Int) throws -> IPAddress {
        try address("10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)")
    }

    @Test func `after a burst an address is refused, with the seconds until there is room`() throws {
        let limiter = RateLimiter(perSecond: 10)
        let sender = try address("192.0.2.1")
        for _ in 0..<1000 { #expect(limiter.take(sender, records: 1, now: 5) == nil) }
        let waits = [(1, 1), (10, 1), (11, 2), (20, 2), (100, 10), (995, 100), (1000, 100)]
        for (records, seconds) in waits {
            #expect(limiter.take(sender, records: records, now: 5) == seconds, "\(records) records")
        }
        // Nothing was taken by what was refused.
        #expect(limiter.take(sender, records: 1, now: 5) == 1)
    }

    @Test func `waiting for the reported time is enough`() throws {
        for perSecond in [1, 3, 7, 100, 999] {
            let limiter = RateLimiter(perSecond: perSecond)
            let sender = try address("192.0.2.1")
            let burst = max(1000, perSecond * 20)
            #expect(limiter.take(sender, records: burst, now: 1000) == nil)
            let seconds = try #require(limiter.take(sender, records: 1000, now: 1000))
            #expect(limiter.take(sender, records: 1000, now: 1000 + Double(seconds)) == nil, "\(perSecond) a second")
        }
    }

    @Test func `a bucket fills at its rate, up to its burst`() throws {
        let limiter = RateLimiter(perSecond: 100)
        let sender = try address("192.0.2.1")
        #expect(limiter.take(sender, records: 2000, now: 1) == nil)
        #expect(limiter.take(sender, records: 51, now: 1.5) == 1)
        #expect(limiter.take(sender, records: 50, now: 1.5) == nil)
        #expect(limiter.take(sender, records: 1, now: 1.5) == 1)
        // A long time later there is no more than the burst.
        #expect(limiter.take(sender, records: 2001, now: 1e6) == 1)
        #expect(limiter.take(sender, records: 2000, now: 1e6) == nil)
        #expect(limiter.take(sender, records: 1, now: 1e6) == 1)
    }

    @Test func `a steady sender at the rate is never refused, a faster one gets the rate`() throws {
        let limiter = RateLimiter(perSecond: 100)
        let (steady, fast) = (try address("192.0.2.1"), try address("192.0.2.2"))
        var taken = 0
        for tick in 0..<20_000 {
            let now = 1 + Double(tick) / 100
            #expect(limiter.take(steady, records: 1, now: now) == nil)
            for _ in 0..<3 where limiter.take(fast, records: 1, now: now) == nil { taken += 1 }
        }
        // The burst, and what came in the two hundred seconds.
        #expect((21_990...22_000).contains(taken))
    }

    @Test(arguments: [1, 10, 100, 5000])
    func `a batch of a thousand always fits a full bucket`(perSecond: Int) throws {
        let limiter = RateLimiter(perSecond: perSecond)
        #expect(limiter.take(try address("192.0.2.1"), records: Limits.batchEventsMax, now: 1) == nil)
        #expect(limiter.take(try address("2001:db8::1"), records: Limits.batchEventsMax, now: 1) == nil)
        #expect(Limits.batchEventsMax == 1000)
    }

    @Test func `a high rate counts single records, too`() throws {
        let limiter = RateLimiter(perSecond: 1_000_000)
        let sender = try address("192.0.2.1")
        #expect(limiter.take(sender, records: 1, now: 1) == nil)
        #expect(limiter.take(sender, records: 20_000_000, now: 1) == 1)
        #expect(limiter.take(sender, records: 19_999_999, now: 1) == nil)
    }

    @Test func `a clock that does not move, or goes back a little, gives nothing`() throws {
        let limiter = RateLimiter(perSecond: 10)
        let sender = try address("192.0.2.1")
        #expect(limiter.take(sender, records: 1000, now: 100) == nil)
        for _ in 0..<1000 { #expect(limiter.take(sender, records: 1, now: 100) == 1) }
        // Two threads may have looked at the clock in another order than they come here.
        #expect(limiter.take(sender, records: 1, now: 99.999) == 1)
        #expect(limiter.take(sender, records: 1, now: 100) == 1)
    }

    // MARK: - Addresses

    @Test func `addresses are counted apart`() throws {
        let limiter = RateLimiter(perSecond: 10)
        for last in 1...100 { #expect(limiter.take(try address("192.0.2.\(last)"), records: 1000, now: 1) == nil) }
        for last in 1...100 { #expect(limiter.take(try address("192.0.2.\(last)"), records: 1, now: 1) == 1) }
    }

    @Test func `a network of 64 bits counts as one sender`() throws {
        let limiter = RateLimiter(perSecond: 10)
        #expect(limiter.take(try address("2001:db8:0:1::1"), records: 1000, now: 1) == nil)
        #expect(limiter.take(try address("2001:db8:0:1:ffff:ffff:ffff:ffff"), records: 1, now: 1) == 1)
        #expect(limiter.take(try address("2001:db8:0:2::1"), records: 1000, now: 1) == nil)
        #expect(limiter.take(try address("2001:db8:1:1::1"), records: 1000, now: 1) == nil)
    }

    @Test func `an address of four bytes is not the network with the same bits`() throws {
        let limiter = RateLimiter(perSecond: 10)
        #expect(limiter.take(try address("192.0.2.1"), records: 1000, now: 1) == nil)
        // The same number as the network, and as the whole address.
        #expect(limiter.take(try address("0:0:c000:201::"), records: 1000, now: 1) == nil)
        #expect(limiter.take(try address("::c000:201"), records: 1000, now: 1) == nil)
        // Written inside the other, it is the same.
        #expect(limiter.take(try address("::ffff:192.0.2.1"), records: 1, now: 1) == 1)
    }

    // MARK: - More addresses than buckets

    /// How many buckets there are, whatever is in them.
    private func bucketsCount(_ limiter: RateLimiter) throws -> Int {
        let buckets = try #require(Mirror(reflecting: limiter).descendant("buckets", "value"))
        return Mirror(reflecting: buckets).children.count
    }

    @Test func `more addresses than buckets need no more memory, and no newcomer is refused`() throws {
        let limiter = RateLimiter(perSecond: 1)
        #expect(try bucketsCount(limiter) == RateLimiter.bucketsMax)
        var refused: [Int] = []
        for number in 0..<RateLimiter.bucketsMax * 3 {
            // A full bucket, although the one that it replaces is empty.
            let wait = limiter.take(try address(number), records: 1000, now: 1 + Double(number) * 1e-6)
            if wait != nil { refused.append(number) }
        }
        #expect(refused == [])
        #expect(try bucketsCount(limiter) == RateLimiter.bucketsMax)
    }

    @Test func `a sender that goes on is not forgotten for newcomers`() throws {
        let limiter = RateLimiter(perSecond: 1)
        let busy = try address("192.0.2.1")
        var taken = 0
        for number in 0..<RateLimiter.bucketsMax * 3 {
            let now = 1 + Double(number) * 1e-6
            if limiter.take(busy, records: 1, now: now) == nil { taken += 1 }
            _ = limiter.take(try address(number), records: 1, now: now)
        }
        #expect(taken == 1000)
    }
}
