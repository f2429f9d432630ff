import Segments
import Storage

/// The numbers of visitors, by the keyed hashes of their ids.
///
/// Numbers are limited, as scans have a bit for each. Visitors beyond the limit share the last number and have no row,
/// so that figures other than the number of visitors stay right.
struct VisitorNumbers {
    /// The number of all visitors who found no number of their own.
    static let sharedNumber = UInt32(VisitorBits.visitorsMax - 1)
    /// Numbers that are kept in memory.
    static let rememberedMax = 200_000

    private let database: any Database
    private var known: [UInt64: UInt32] = [:]
    private var pending: [(hash: UInt64, number: UInt32)] = []
    /// How many there are, with those that are pending.
    private(set) var count: Int64 = 0

    init(_ database: any Database) { self.database = database }

    mutating func load(count: Int64) {
        self.count = count
        (known, pending) = ([:], [])
    }

    /// Looks up hashes, and gives numbers to those that have none, as long as there are some.
    mutating func numbers(of hashes: [UInt64]) throws(StoreError) -> [UInt64: UInt32] {
        if known.count > Self.rememberedMax { known = [:] }
        var result: [UInt64: UInt32] = [:]
        var unknown: [UInt64] = []
        for hash in hashes where result[hash] == nil {
            if let number = known[hash] { result[hash] = number } else { unknown.append(hash) }
        }
        let wanted = Array(Set(unknown))
        let rows = try database.lookup(
            "visitor_numbers",
            key: ["hash"],
            wanted.map { [.integer(Int64(bitPattern: $0))] },
            columns: ["hash", "number"]
        )
        for row in rows {
            guard let hash = row[0].integer, let number = row[1].integer else { continue }
            known[UInt64(bitPattern: hash)] = UInt32(clamping: number)
        }
        for hash in unknown {
            if known[hash] == nil, count < Int64(Self.sharedNumber) {
                known[hash] = UInt32(clamping: count)
                pending.append((hash, UInt32(clamping: count)))
                count += 1
            }
            result[hash] = known[hash] ?? Self.sharedNumber
        }
        return result
    }

    func write() throws(StoreError) {
        try database.insert(
            "insert into visitor_numbers (hash, number)",
            pending.map { [.integer(Int64(bitPattern: $0.hash)), .integer(Int64(clamping: $0.number))] }
        )
    }

    mutating func keep() { pending = [] }

    mutating func undo() {
        for (hash, _) in pending { known[hash] = nil }
        count -= Int64(pending.count)
        pending = []
    }
}
