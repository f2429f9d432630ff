import Events

/// Counts wrong tokens, and decides for how long their sender gets a 429.
///
/// It never affects the right token, which is compared first and accepted from every address. The length of the token makes guessing
/// hopeless; the limiter keeps guesses from costing the server anything, and slows their sender down.
///
/// An IPv6 sender has a network of 64 bits for itself, and often one of 48 bits, so both are counted. The table has a fixed size. When more
/// networks fail at the same time than it has entries, the global limit applies to all of them.
struct GuessLimiter {
    /// The wrong tokens that an address or a network of 64 bits may send before it has to wait, and those of a network of 48 bits.
    static let failuresFree = 5
    static let failuresFreeWide = 50
    /// The seconds of the first wait, which doubles with each further failure, and of the longest.
    static let lockSeconds: Int64 = 30
    static let lockSecondsMax: Int64 = 900
    /// The most failures per second of all addresses together, and the most at once.
    static let failuresPerSecondMax: Int64 = 20
    static let failuresBurst: Int64 = 200
    /// The most networks in the table, and the number of entries among which a network looks for its own.
    static let entriesMax = 16_384
    private static let ways = 8

    private struct Entry {
        /// 0 for a free entry.
        var key: UInt64 = 0
        var failures = 0
        var lockedUntil: Int64 = 0
        var last: Int64 = 0
    }

    private var entries = [Entry](repeating: Entry(), count: entriesMax)
    private var tokens = Self.failuresBurst
    private var filledAt: Int64 = 0
    /// Makes the slots of networks unpredictable.
    private let seed = UInt64.random(in: 0...UInt64.max)

    /// Counts a wrong token.
    ///
    /// - Parameters:
    ///   - address: The sender's address; nil when it is unknown.
    ///   - now: Seconds on a monotonic clock.
    /// - Returns: The seconds that the sender has to wait; nil when it need not wait.
    mutating func fail(_ address: IPAddress?, now: Int64) -> Int64? {
        let isFlood = !takeToken(now)
        var wait: Int64 = 0
        for (key, free) in keys(address) {
            let slot = slot(key, now)
            if entries[slot].lockedUntil > now {
                wait = max(wait, entries[slot].lockedUntil - now)
                continue
            }
            if entries[slot].last + Self.lockSecondsMax < now { entries[slot] = Entry(key: key) }
            entries[slot].failures += 1
            entries[slot].last = now
            let doublings = entries[slot].failures - free
            if doublings >= 0 {
                entries[slot].lockedUntil =
                    now + min(Self.lockSecondsMax, Self.lockSeconds << Int64(min(doublings, 8)))
            }
        }
        return wait > 0 ? wait : isFlood ? 1 : nil
    }

    /// Forgets the failures of an address that sent the right token; the failures of the network around it stay.
    mutating func succeed(_ address: IPAddress?, now: Int64) {
        let key = keys(address)[0].key
        let slot = slot(key, now)
        if entries[slot].key == key { entries[slot] = Entry() }
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

    /// The hash of a network; never 0, which marks a free entry.
    private func hash(_ network: UInt64, _ kind: UInt64) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(seed)
        hasher.combine(network)
        hasher.combine(kind)
        return UInt64(bitPattern: Int64(hasher.finalize())) | 1
    }

    /// The slot of a network, or a slot for it: one that is free or expired, else the oldest without a lock, else the one whose lock ends first.
    private mutating func slot(_ key: UInt64, _ now: Int64) -> Int {
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
