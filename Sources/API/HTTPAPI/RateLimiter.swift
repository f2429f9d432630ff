import Locks
import Events

/// Limits the rate of records of each address: a bucket of tokens that fills at a steady rate, one token for a record.
///
/// The number of buckets is fixed. When more addresses send at the same time than there are buckets, the least recently used bucket is reused;
/// it is most likely full anyway.
final class RateLimiter: Sendable {
    /// The most addresses with a bucket.
    static let bucketsMax = 32_768
    /// The number of buckets among which an address looks for its own.
    private static let ways = 4
    /// The seconds of the rate that an address may save up, and the records that it may always send at once: a full batch.
    static let burstSeconds = 20.0
    static let burstMin = Double(Limits.batchEventsMax)

    private struct Bucket {
        var key: UInt64 = 0
        var tokens: Double = 0
        /// In seconds of a `MonotonicTime`.
        var filledAt: Double = 0
    }

    private let perSecond: Double
    private let burst: Double
    private let buckets: Locked<[Bucket]>
    /// Makes the slots of addresses unpredictable.
    private let seed = UInt64.random(in: 0...UInt64.max)

    /// - Parameter perSecond: The records per second that one address may send continuously.
    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
        burst = max(Self.burstMin, Double(perSecond) * Self.burstSeconds)
        buckets = Locked(Array(repeating: Bucket(), count: Self.bucketsMax))
    }

    /// Takes tokens for the records of an address.
    ///
    /// - Parameters:
    ///   - address: The sender; an IPv6 address counts by its network of 64 bits, which one sender has for itself.
    ///   - records: The number of records.
    ///   - now: The current time.
    /// - Returns: nil when there were enough tokens, else the seconds until there are.
    func take(_ address: IPAddress, records: Int, now: MonotonicTime) -> Int? {
        let now = now.seconds
        let key = key(address)
        let set = Int(truncatingIfNeeded: (key >> 32) % UInt64(Self.bucketsMax / Self.ways)) * Self.ways
        return buckets.withLock { buckets in
            var slot = set
            for candidate in set..<set + Self.ways {
                if buckets[candidate].key == key {
                    slot = candidate
                    break
                }
                if buckets[candidate].filledAt < buckets[slot].filledAt { slot = candidate }
            }
            var bucket = buckets[slot]
            if bucket.key != key { bucket = Bucket(key: key, tokens: burst, filledAt: now) }
            let tokens = min(burst, bucket.tokens + max(0, now - bucket.filledAt) * perSecond)
            let left = tokens - Double(records)
            bucket.filledAt = now
            bucket.tokens = left < 0 ? tokens : left
            buckets[slot] = bucket
            return left < 0 ? max(1, Int((-left / perSecond).rounded(.up))) : nil
        }
    }

    /// The hash of an address, which selects its buckets; never 0, which marks an empty bucket.
    private func key(_ address: IPAddress) -> UInt64 {
        let significant = address.isIPv4 ? UInt64(truncatingIfNeeded: address.value) : UInt64(address.value >> 64)
        var bits = (significant ^ seed) &+ (address.isIPv4 ? 0x9E37_79B9_7F4A_7C15 : 0)
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return (bits ^ bits >> 31) | 1
    }
}
