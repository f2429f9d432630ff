import Segments
import Storage
import Texts

/// Writes the fingerprints of visitors for reports on a range: first as changes, one row for each, and later into blocks.
///
/// A block is read and written as a whole, so changes wait until a block has many of them.
struct FingerprintBlocks {
    let database: any Database

    var limits = Limits()

    /// When changes are moved into blocks.
    struct Limits {
        /// Changes are moved when there are more than one for 32 visitors, within these limits, down to half as many.
        var changesMin: Int64 = 4096
        var changesMax: Int64 = 32_768
        /// Changes after whose number this is checked again.
        var unchecked = 1024

        static let visitorsOfChange: Int64 = 32
    }

    /// Replaces the fingerprints of visitors; visitors who share a number have none.
    func write(_ changes: [FingerprintRow]) throws(StoreError) {
        try database.insert(
            "insert into fingerprint_changes (number, site, seen, data)",
            changes.filter { $0.visitor != VisitorNumbers.sharedNumber }.map {
                [.integer(Int64($0.visitor)), .text($0.site), .integer($0.seen), .blob($0.encodedValues)]
            },
            "on conflict (number, site) do update set seen = excluded.seen, data = excluded.data"
        )
    }

    /// Moves changes into the blocks with the most of them, if there are too many.
    ///
    /// Must come before the changes of the same transaction are written: behind a pooler, it would remove them without having read them.
    func fold(visitors: Int64) throws(StoreError) {
        let size = Int64(FingerprintBlock.visitorsCount)
        let groups = try database.rows(
            "select number / \(size), count(*) from fingerprint_changes group by number / \(size) order by count(*) desc, number / \(size)"
        ).compactMap { row -> (block: Int64, changes: Int64)? in
            // Reports refuse changes of a number that no visitor can have.
            guard let block = row[0].integer, FingerprintBlock.numbers.contains(block),
                let changes = row[1].integer.flatMap(UInt32.init(exactly:))
            else { return nil }
            return (block, Int64(changes))
        }
        let most = min(max(visitors / Limits.visitorsOfChange, limits.changesMin), limits.changesMax)
        var left = groups.reduce(0) { $0 + $1.changes }
        guard left > most else { return }
        for group in groups where left > most / 2 {
            try fold(block: group.block)
            left -= group.changes
        }
    }

    private func fold(block: Int64) throws(StoreError) {
        let reader = FingerprintReader(database)
        // Reports refuse a damaged block until the figures are rebuilt; the changes stay.
        guard let stored = try reader.rows(block: block), let changes = try reader.changes(block: block) else { return }
        var rows: [Key: FingerprintRow] = [:]
        for row in stored + changes { rows[Key(row)] = row }
        try write(Array(rows.values), block: block)
        let numbers = FingerprintBlock.visitors(of: block)
        _ = try database.change(
            "delete from fingerprint_changes where number >= ?1 and number < ?2",
            [.integer(numbers.lowerBound), .integer(numbers.upperBound)]
        )
    }

    private func write(_ rows: [FingerprintRow], block: Int64) throws(StoreError) {
        _ = try database.change("delete from fingerprint_blocks where block = ?1", [.integer(block)])
        try database.insert(
            "insert into fingerprint_blocks (block, part, data)",
            FingerprintBlock.encode(rows).enumerated().map { part, bytes in
                [.integer(block), .integer(Int64(part)), .blob(bytes)]
            }
        )
    }

    /// Removes the fingerprints of visitors, each on one site or on all (nil).
    func remove(_ visitors: [(number: UInt32, site: String?)]) throws(StoreError) {
        func isRemoved(_ row: FingerprintRow) -> Bool {
            visitors.contains { number, site in
                number == row.visitor && site.map { haveSameBytes($0, row.site) } ?? true
            }
        }
        for block in Set(visitors.map { FingerprintBlock.number(of: $0.number) }) {
            guard let rows = try FingerprintReader(database).rows(block: block) else {
                throw .damaged(reason: FingerprintReader.damage)
            }
            let kept = rows.filter { !isRemoved($0) }
            if kept.count < rows.count { try write(kept, block: block) }
        }
        for (number, site) in visitors {
            _ = try database.change(
                "delete from fingerprint_changes where number = ?1\(site == nil ? "" : " and site = ?2")",
                [.integer(Int64(number))] + (site.map { [.text($0)] } ?? [])
            )
        }
    }

    private struct Key: Hashable {
        var visitor: UInt32
        @ByteText var site: String

        init(_ row: FingerprintRow) { (visitor, site) = (row.visitor, row.site) }
    }
}
