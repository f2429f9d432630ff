package import Segments
package import Storage

/// Reads the fingerprints of visitors; use within a snapshot or a transaction.
package struct FingerprintReader {
    static let damage = "blocks of fingerprints are damaged; run collector rebuild"
    private static let milliseconds: Int32 = 600_000

    let database: any Database
    /// Prefix of the table names.
    let prefix: String

    package init(_ database: any Database) { self.init(database, prefix: "") }

    init(_ database: any Database, prefix: String) { (self.database, self.prefix) = (database, prefix) }

    /// A signal, with the highest code of its values.
    package struct Signal {
        package let name: String
        let code: Int
    }

    /// The signals by number.
    package func signals() throws(StoreError) -> [Signal] {
        let rows = try database.rows(
            """
            select number, signal, (select max(code) from \(prefix)insight_signals as own where own.signal = named.signal)
            from \(prefix)fingerprint_signals as named order by number
            """
        )
        var signals: [Signal] = []
        for row in rows {
            // Numbers are assigned in order.
            guard row[0].integer == Int64(signals.count), let name = row[1].text else {
                throw .damaged(reason: Self.damage)
            }
            signals.append(Signal(name: name, code: Int(row[2].integer ?? 0)))
        }
        return signals
    }

    /// Whether visitors may share a number, so that they cannot be counted.
    package func mayShareNumbers() throws(StoreError) -> Bool {
        try RollupPosition.read(database).visitors >= Int64(VisitorNumbers.sharedNumber)
    }

    /// Counts the visitors of a selection, or all without one, by the values of their last fingerprints, until there are more than `valuesMax` values.
    ///
    /// - Throws: `.damaged` if a block is damaged.
    package func scan(
        _ selection: ScanSelection?,
        site: String?,
        _ signals: [Signal],
        valuesMax: Int
    ) throws(StoreError) -> FingerprintScan {
        var scan = FingerprintScan(selection, site: site, codes: signals.map(\.code))
        var isDamaged = false
        try forEachChange("") { row in
            if let row { scan.change(row) } else { isDamaged = true }
        }
        try forEachBlock("") { block in
            guard !isDamaged, scan.valuesCount <= valuesMax else { return }
            isDamaged = block.map { !scan.add($0) } ?? true
        }
        guard !isDamaged, scan.finish() else { throw .damaged(reason: Self.damage) }
        return scan
    }

    /// The rows of a block without the changes; nil when it is damaged.
    func rows(block number: Int64) throws(StoreError) -> [FingerprintRow]? {
        var found: [FingerprintRow]? = []
        try forEachBlock("where block = ?1", [.integer(number)]) { block in
            if let rows = block?.rows() { found? += rows } else { found = nil }
        }
        return found
    }

    /// The changes of the visitors of a block; nil when one is damaged.
    func changes(block: Int64) throws(StoreError) -> [FingerprintRow]? {
        let numbers = FingerprintBlock.visitors(of: block)
        var found: [FingerprintRow]? = []
        try forEachChange(
            "where number >= ?1 and number < ?2",
            [.integer(numbers.lowerBound), .integer(numbers.upperBound)]
        ) { row in
            if let row { found?.append(row) } else { found = nil }
        }
        return found
    }

    /// Calls the body with each change and then, after `atBlocks`, with each row of a block; nil for a damaged one.
    func forEach(atBlocks: () -> Void, _ body: (_ row: FingerprintRow?) -> Void) throws(StoreError) {
        try forEachChange("", [], body)
        atBlocks()
        try forEachBlock("") { block in
            if let rows = block?.rows() { for row in rows { body(row) } } else { body(nil) }
        }
    }

    private func forEachBlock(
        _ condition: String,
        _ parameters: [SQLValue] = [],
        _ body: (_ block: FingerprintBlock?) -> Void
    ) throws(StoreError) {
        try database.streamBytes(
            "select block, part, data from \(prefix)fingerprint_blocks \(condition) order by block, part",
            parameters,
            milliseconds: Self.milliseconds
        ) { _, bytes in body(FingerprintBlock(bytes)) }
    }

    private func forEachChange(
        _ condition: String,
        _ parameters: [SQLValue] = [],
        _ body: (_ row: FingerprintRow?) -> Void
    ) throws(StoreError) {
        try database.stream(
            "select number, seen, site, data from \(prefix)fingerprint_changes \(condition)",
            parameters,
            milliseconds: Self.milliseconds
        ) { row in
            guard let visitor = row[0].integer.flatMap(UInt32.init(exactly:)), let seen = row[1].integer,
                let site = row[2].text,
                let values = row[3].blob.flatMap({ FingerprintRow.values($0) })
            else {
                body(nil)
                return true
            }
            body(FingerprintRow(visitor: visitor, site: site, seen: seen, values: values))
            return true
        }
    }
}
