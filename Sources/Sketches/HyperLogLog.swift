import Glibc

/// Says how many different things there were, from their hashes, in at most 2 kB (HyperLogLog: Flajolet, Fusy, Gandouet and Meunier, 2007;
/// the estimate is Ertl's of 2017, which needs no tables and no other method for small numbers).
///
/// The sketches of parts of the data merge into the sketch of the whole: what is in two of them counts once.
package struct HyperLogLog: Sendable, Equatable {
    static let bits = 11
    static let registersCount = 1 << bits
    /// Standard error of an estimate relative to the true number: 1.04 / √2048.
    ///
    /// Two estimates of three are nearer, nineteen of twenty within twice as much.
    package static let standardError = 1.04 / Double(registersCount).squareRoot()
    /// Leading zeros that the rest of a hash may have, and one.
    static let rankMax = 64 - bits + 1
    /// Registers that are kept one by one; with more of them all are.
    static let sparseMax = 512

    /// What each of some registers holds, in order of the register: the register above the lowest eight bits, the rank in them.
    ///
    /// Empty when `registers` are in use.
    private(set) var sparse: [UInt32] = []
    /// One for each, or none while there are few.
    private(set) var registers: [UInt8] = []

    package init() {}

    /// Of a sketch that is full; none when nothing is in it.
    init(registers: [UInt8]) {
        if registers.contains(where: { $0 > 0 }) { self.registers = registers }
    }

    package var isEmpty: Bool { sparse.isEmpty && registers.isEmpty }

    /// Adds one thing.
    ///
    /// - Parameter hash: of the thing; all bits as good as random, and the same wherever it is seen.
    package mutating func add(hash: UInt64) {
        let register = Int(truncatingIfNeeded: hash >> UInt64(64 - Self.bits))
        let rest = hash << UInt64(Self.bits)
        raise(register, to: UInt8(min(rest.leadingZeroBitCount + 1, Self.rankMax)))
    }

    /// Adds what another sketch has seen.
    package mutating func merge(_ other: HyperLogLog) {
        for entry in other.sparse { raise(Int(entry >> 8), to: UInt8(truncatingIfNeeded: entry)) }
        guard !other.registers.isEmpty else { return }
        guard !registers.isEmpty else {
            let own = sparse
            registers = other.registers
            sparse = []
            for entry in own { raise(Int(entry >> 8), to: UInt8(truncatingIfNeeded: entry)) }
            return
        }
        for register in registers.indices { registers[register] = max(registers[register], other.registers[register]) }
    }

    /// How many different things there were, about; at most `Int64.sumMax`.
    package var estimate: Double {
        var counts = [Int](repeating: 0, count: Self.rankMax + 1)
        if registers.isEmpty {
            counts[0] = Self.registersCount - sparse.count
            for entry in sparse { counts[Int(entry & 0xFF)] += 1 }
        } else {
            for rank in registers { counts[Int(rank)] += 1 }
        }
        let size = Double(Self.registersCount)
        guard counts[0] < Self.registersCount else { return 0 }
        var sum = size * Self.tau(1 - Double(counts[Self.rankMax]) / size)
        for rank in stride(from: Self.rankMax - 1, through: 1, by: -1) { sum = 0.5 * (sum + Double(counts[rank])) }
        sum += size * Self.sigma(Double(counts[0]) / size)
        // Registers that are all full leave nothing to divide by.
        return min(Double(Int64.sumMax), size * size / (2 * log(2) * sum))
    }

    /// `estimate` as a whole number.
    package var count: Int64 { Int64(saturating: estimate.rounded()) }

    mutating func raise(_ register: Int, to rank: UInt8) {
        guard registers.isEmpty else {
            registers[register] = max(registers[register], rank)
            return
        }
        let entry = UInt32(register) << 8 | UInt32(rank)
        let place = place(of: register)
        if place < sparse.count, sparse[place] >> 8 == entry >> 8 {
            sparse[place] = max(sparse[place], entry)
            return
        }
        sparse.insert(entry, at: place)
        if sparse.count > Self.sparseMax { spread() }
    }

    /// The place of the first entry that is not before a register's.
    private func place(of register: Int) -> Int {
        var (low, high) = (0, sparse.count)
        while low < high {
            let middle = (low + high) / 2
            if sparse[middle] >> 8 < UInt32(register) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func spread() {
        registers = [UInt8](repeating: 0, count: Self.registersCount)
        for entry in sparse { registers[Int(entry >> 8)] = UInt8(truncatingIfNeeded: entry) }
        sparse = []
    }

    /// x + x²·1 + x⁴·2 + x⁸·4 + …, as long as the sum grows.
    private static func sigma(_ share: Double) -> Double {
        guard share < 1 else { return .infinity }
        var (power, weight, sum) = (share, 1.0, share)
        while true {
            power *= power
            let before = sum
            sum += power * weight
            weight += weight
            if sum == before { return sum }
        }
    }

    /// (1 − x − Σ (1 − x^(2⁻ᵏ))²·2⁻ᵏ) / 3, as long as it shrinks.
    private static func tau(_ share: Double) -> Double {
        guard share > 0, share < 1 else { return 0 }
        var (root, weight, rest) = (share, 1.0, 1 - share)
        while true {
            root = root.squareRoot()
            let before = rest
            weight *= 0.5
            rest -= (1 - root) * (1 - root) * weight
            if rest == before { return rest / 3 }
        }
    }
}
