import Aggregation
import Crypto
import Segments
import Storage
import Texts

extension Rollups {
    private static let rowsMax: Int64 = 2000

    /// Writes the fingerprints that an earlier version has stored as texts alone, as changes of the blocks.
    func fillFingerprints(_ position: RollupPosition) throws(StoreError) {
        for table in ["fingerprint_blocks", "fingerprint_changes"] {
            guard try database.rows("select 1 from \(table) limit 1").isEmpty else { return }
        }
        var numbers = VisitorNumbers(database)
        numbers.load(count: position.visitors)
        var last: (visitor: String, site: String)?
        while true {
            let rows = try database.rows(
                """
                select visitor_id, site, last_seen, signals from insight_fingerprints
                \(last == nil ? "" : "where (visitor_id, site) > (?2, ?3)") order by visitor_id, site limit ?1
                """,
                [.integer(Self.rowsMax)] + (last.map { [.text($0.visitor), .text($0.site)] } ?? [])
            )
            guard let end = rows.last else { break }
            last = (end[0].text ?? "", end[1].text ?? "")
            try fillFingerprints(rows, &numbers)
        }
        _ = try database.change("update insight_position set visitors = ?1 where id = 1", [.integer(numbers.count)])
    }

    private func fillFingerprints(_ rows: [[SQLValue]], _ numbers: inout VisitorNumbers) throws(StoreError) {
        let hashes = rows.map { aggregator.hashes.visitors.hash($0[0].text ?? "") }
        let visitors = try numbers.numbers(of: hashes)
        let values = rows.map { row in
            FingerprintReading.decoded(row[3].text ?? "").map { SignalText(signal: $0.key.text, hash: $0.value) }
        }
        var codes = try FingerprintCodes(database)
        let known = try codes.codes(of: values.flatMap { $0 })
        var changes: [FingerprintRow] = []
        for (index, row) in rows.enumerated() {
            guard let visitor = visitors[hashes[index]] else { continue }
            let own = values[index].map { FingerprintValue(signal: codes.number(of: $0.signal), code: known[$0] ?? 0) }
            changes.append(
                FingerprintRow(visitor: visitor, site: row[1].text ?? "", seen: row[2].integer ?? 0, values: own)
            )
        }
        try FingerprintBlocks(database: database).write(changes)
        try numbers.write()
        numbers.keep()
    }
}
