import Segments
import Storage

/// Assigns numbers to visitors, keyed by the hashes of their ids.
///
/// The number of visitors is limited because scans use one bit for each. Visitors beyond the limit share the
/// last number and have no row; only visitor counts are affected.
package struct VisitorNumbers {
    /// The number shared by all visitors beyond the limit.
    package static let sharedNumber = UInt32(VisitorBits.visitorsMax - 1)
    /// Size limit of the cache.
    static let rememberedMax = 200_000

    private let database: any Database
    private var known: [UInt64: UInt32] = [:]
    private var pending: [(hash: UInt64, number: UInt32)] = []
    /// Assigned numbers, including pending ones.
    private(set) var count: Int64 = 0

    init(_ database: any Database) { self.database = database }

    mutating func load(count: Int64) {
        self.count = count
        (known, pending) = ([:], [])
    }

    /// Looks up the numbers of hashes and assigns new ones while the limit permits.
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
