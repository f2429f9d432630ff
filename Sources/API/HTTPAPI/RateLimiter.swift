import Locks
import Events

/// How fast one address may send: a bucket of tokens that fills at a steady rate, one token a record.
///
/// The buckets have a fixed place in memory. When more addresses send at a time than there are buckets, the one that was used longest ago
/// makes room, which is most likely full anyway.
final class RateLimiter: Sendable {
    /// Addresses that are known at a time.
    static let bucketsMax = 32_768
    /// Buckets among which an address looks for its own.
    private static let ways = 4
    /// Seconds of the rate that an address may save up, and the records that it may always send at once: a whole batch.
    static let burstSeconds = 20.0
    static let burstMin = Double(Limits.batchEventsMax)

    private struct Bucket {
        var key: UInt64 = 0
        var tokens: Double = 0
        /// Seconds of a `MonotonicTime`.
        var filledAt: Double = 0
    }

    private let perSecond: Double
    private let burst: Double
    private let buckets: Locked<[Bucket]>
    /// Makes the places of addresses unpredictable.
    private let seed = UInt64.random(in: 0...UInt64.max)

    /// - Parameter perSecond: records that one address may send for any length of time.
    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
        burst = max(Self.burstMin, Double(perSecond) * Self.burstSeconds)
        buckets = Locked(Array(repeating: Bucket(), count: Self.bucketsMax))
    }

    /// Takes tokens for records of an address.
    ///
    /// - Parameters:
    ///   - address: the sender; of an IPv6 address its network of 64 bits counts, which one sender has for itself.
    ///   - records: how many there are.
    ///   - now: the moment, on a clock that nobody can set.
    /// - Returns: nil when there were enough, else the seconds until there will be.
    func take(_ address: IPAddress, records: Int, now: MonotonicTime) -> Int? {
        let now = now.seconds
        let key = key(address)
        let set = Int(truncatingIfNeeded: (key >> 32) % UInt64(Self.bucketsMax / Self.ways)) * Self.ways
        return buckets.withLock { buckets in
            var place = set
            for candidate in set..<set + Self.ways {
                if buckets[candidate].key == key {
                    place = candidate
                    break
                }
                if buckets[candidate].filledAt < buckets[place].filledAt { place = candidate }
            }
            var bucket = buckets[place]
            if bucket.key != key { bucket = Bucket(key: key, tokens: burst, filledAt: now) }
            let tokens = min(burst, bucket.tokens + max(0, now - bucket.filledAt) * perSecond)
            let left = tokens - Double(records)
            bucket.filledAt = now
            bucket.tokens = left < 0 ? tokens : left
            buckets[place] = bucket
            return left < 0 ? max(1, Int((-left / perSecond).rounded(.up))) : nil
        }
    }

    /// Spreads addresses over the buckets; never 0, which stands for an empty one.
    private func key(_ address: IPAddress) -> UInt64 {
        let significant = address.isIPv4 ? UInt64(truncatingIfNeeded: address.value) : UInt64(address.value >> 64)
        var bits = (significant ^ seed) &+ (address.isIPv4 ? 0x9E37_79B9_7F4A_7C15 : 0)
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return (bits ^ bits >> 31) | 1
    }
}
