import Events

/// Counts wrong tokens, and decides how long who sent them is answered 429.
///
/// It never decides about a right token: that is compared first and enters, from whatever address. What keeps guessing hopeless is the length of the
/// token; the limiter keeps it from costing us anything, and slows a sender down that tries.
///
/// An IPv6 sender has a network of 64 bits for itself, and often one of 48: both are counted. The table has a fixed size. When more networks
/// fail at a time than it has entries, the global limit holds for all of them.
struct GuessLimiter {
    /// Wrong tokens that a network may send before it has to wait: an address or a network of 64 bits, and one of 48 bits.
    static let failuresFree = 5
    static let failuresFreeWide = 50
    /// Seconds of the first wait, which doubles with each further failure, and of the longest.
    static let lockSeconds: Int64 = 30
    static let lockSecondsMax: Int64 = 900
    /// Failures a second of all addresses together, and how many may come at once.
    static let failuresPerSecondMax: Int64 = 20
    static let failuresBurst: Int64 = 200
    /// Networks that are known at a time, and entries among which a network looks for its own.
    static let entriesMax = 16_384
    private static let ways = 8

    private struct Entry {
        /// 0: free.
        var key: UInt64 = 0
        var failures = 0
        var lockedUntil: Int64 = 0
        var last: Int64 = 0
    }

    private var entries = [Entry](repeating: Entry(), count: entriesMax)
    private var tokens = Self.failuresBurst
    private var filledAt: Int64 = 0
    /// Makes the places of networks unpredictable.
    private let seed = UInt64.random(in: 0...UInt64.max)

    /// Notes a wrong token.
    ///
    /// - Parameters:
    ///   - address: the sender's; nil when it is not known.
    ///   - now: seconds on a clock that only goes forward.
    /// - Returns: the seconds that the sender has to wait; nil when this one was free.
    mutating func fail(_ address: IPAddress?, now: Int64) -> Int64? {
        let isFlood = !takeToken(now)
        var wait: Int64 = 0
        for (key, free) in keys(address) {
            let place = place(key, now)
            if entries[place].lockedUntil > now {
                wait = max(wait, entries[place].lockedUntil - now)
                continue
            }
            if entries[place].last + Self.lockSecondsMax < now { entries[place] = Entry(key: key) }
            entries[place].failures += 1
            entries[place].last = now
            let doublings = entries[place].failures - free
            if doublings >= 0 {
                entries[place].lockedUntil =
                    now + min(Self.lockSecondsMax, Self.lockSeconds << Int64(min(doublings, 8)))
            }
        }
        return wait > 0 ? wait : isFlood ? 1 : nil
    }

    /// Forgets the failures of an address that has shown the token; those of the network around it stay.
    mutating func succeed(_ address: IPAddress?, now: Int64) {
        let key = keys(address)[0].key
        let place = place(key, now)
        if entries[place].key == key { entries[place] = Entry() }
    }

    private mutating func takeToken(_ now: Int64) -> Bool {
        let gained = max(0, min(now - filledAt, Self.failuresBurst)) * Self.failuresPerSecondMax
        tokens = min(Self.failuresBurst, tokens + gained)
        filledAt = now
        guard tokens > 0 else { return false }
        tokens -= 1
        return true
    }

    private func keys(_ address: IPAddress?) -> [(key: UInt64, free: Int)] {
        guard let address else { return [(hash(0, 0), Self.failuresFree)] }
        if address.isIPv4 { return [(hash(UInt64(truncatingIfNeeded: address.value), 1), Self.failuresFree)] }
        let network = UInt64(truncatingIfNeeded: address.value >> 64)
        return [(hash(network, 2), Self.failuresFree), (hash(network >> 16, 3), Self.failuresFreeWide)]
    }

    /// Never 0, which stands for a free entry.
    private func hash(_ network: UInt64, _ kind: UInt64) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(seed)
        hasher.combine(network)
        hasher.combine(kind)
        return UInt64(bitPattern: Int64(hasher.finalize())) | 1
    }

    /// The entry of a network, or the one that makes room for it: free or forgotten, else the oldest without a lock, else the lock that ends first.
    private mutating func place(_ key: UInt64, _ now: Int64) -> Int {
        let start = Int(truncatingIfNeeded: (key >> 32) % UInt64(Self.entriesMax / Self.ways)) * Self.ways
        let set = start..<start + Self.ways
        if let known = set.first(where: { entries[$0].key == key }) { return known }
        func weight(_ index: Int) -> (Int64, Int64) {
            let entry = entries[index]
            return entry.lockedUntil > now ? (entry.lockedUntil, entry.last) : (0, entry.key == 0 ? 0 : entry.last)
        }
        let victim = set.min { weight($0) < weight($1) } ?? start
        entries[victim] = Entry(key: key, last: now)
        return victim
    }
}
