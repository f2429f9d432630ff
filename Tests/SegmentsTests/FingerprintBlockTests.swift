import Testing

@testable import Segments

/// The stored form of fingerprints.
@Suite struct FingerprintBlockTests {
    private static func rows(_ random: inout RandomSessions, visitors: UInt32, sites: [String]) -> [FingerprintRow] {
        var rows: [FingerprintRow] = []
        for visitor in 0..<visitors {
            for site in sites where random.next() % 3 > 0 {
                let values = (0..<UInt16(random.next() % 5)).map {
                    FingerprintValue(signal: $0 * 7, code: UInt32(random.next() % 400) + 1)
                }
                let seen = 1_795_456_784 + Int64(random.next() % 100)
                rows.append(FingerprintRow(visitor: 8192 + visitor, site: site, seen: seen, values: values))
            }
        }
        return rows
    }

    @Test func `a block has the rows that were written, sorted by visitor and by the bytes of the site`() throws {
        var random = RandomSessions(seed: 5)
        let rows = Self.rows(&random, visitors: 300, sites: ["", "a.example", "e\u{301}.example", "\u{e9}.example"])
        let parts = FingerprintBlock.encode(rows.shuffled(using: &random))
        let block = try #require(parts.count == 1 ? FingerprintBlock(parts[0]) : nil)
        #expect(block.rows() == rows)
        #expect(FingerprintBlock.encode([]).isEmpty)
    }

    @Test func `a block with very many rows has several parts, each with whole visitors`() throws {
        var random = RandomSessions(seed: 6)
        let rows = Self.rows(&random, visitors: 3000, sites: (0..<20).map { "\($0 + 10).example" })
        let blocks = try FingerprintBlock.encode(rows).map { try #require(FingerprintBlock($0)) }
        #expect(blocks.count > 1)
        #expect(try blocks.flatMap { try #require($0.rows()) } == rows)
        for (one, next) in zip(blocks, blocks.dropFirst()) {
            #expect(try #require(one.visitors.last) < #require(next.visitors.first))
        }
    }

    @Test func `damaged bytes are found`() throws {
        var random = RandomSessions(seed: 7)
        let bytes = FingerprintBlock.encode(Self.rows(&random, visitors: 20, sites: ["a", "b"]))[0]
        for count in 0..<bytes.count { #expect(FingerprintBlock(Array(bytes[..<count])) == nil, "\(count) bytes") }
        #expect(FingerprintBlock(bytes + [0]) == nil)
        #expect(FingerprintRow.values([1, 2, 3]) == nil)
        // Whatever the bytes are, reading them ends with rows or without.
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= UInt8(truncatingIfNeeded: random.next() | 1)
            guard let block = FingerprintBlock(changed) else { continue }
            var scan = FingerprintScan(Self.all, site: nil, codes: Array(repeating: 400, count: 40))
            if scan.add(block) { _ = scan.finish() }
            _ = block.rows()
        }
    }

    private static var all: ScanSelection {
        var selection = ScanSelection(.visitors)
        for visitor: UInt32 in 0..<20_000 { selection.insert(visitor: visitor) }
        return selection
    }

    private static func visitors(_ scan: FingerprintScan) -> [FingerprintValue: UInt32] {
        var found: [FingerprintValue: UInt32] = [:]
        for (signal, counts) in scan.counts.enumerated() {
            for (code, visitors) in counts.enumerated() where visitors > 0 {
                found[FingerprintValue(signal: UInt16(signal), code: UInt32(code))] = visitors
            }
        }
        return found
    }

    @Test(arguments: [nil, "", "b.example", "other.example"])
    func `each selected visitor counts once, by its last fingerprint or change`(site: String?) throws {
        var random = RandomSessions(seed: 8)
        let rows = Self.rows(&random, visitors: 500, sites: ["", "b.example", "c.example"])
        let changes = Self.rows(&random, visitors: 500, sites: ["b.example", "d.example"]).filter {
            $0.visitor % 5 == 0
        }
        var selection = ScanSelection(.visitors)
        for visitor: UInt32 in 8192..<8692 where visitor % 7 != 0 { selection.insert(visitor: visitor) }
        var scan = FingerprintScan(selection, site: site, codes: Array(repeating: 400, count: 40))
        for change in changes { scan.change(change) }
        for bytes in FingerprintBlock.encode(rows) {
            let isWhole = scan.add(try #require(FingerprintBlock(bytes)))
            #expect(isWhole)
        }
        let isWhole = scan.finish()
        #expect(isWhole)

        var stored: [String: FingerprintRow] = [:]
        for row in rows + changes { stored["\(row.visitor) \(row.site)"] = row }
        var last: [UInt32: FingerprintRow] = [:]
        for row in stored.values where selection.hasVisitor(row.visitor) && (site == nil || row.site == site) {
            if last[row.visitor].map({ row.isLater(than: $0) }) ?? true { last[row.visitor] = row }
        }
        var expected: [FingerprintValue: UInt32] = [:]
        for row in last.values { for value in row.values { expected[value, default: 0] += 1 } }
        #expect(Self.visitors(scan) == expected)
        #expect(scan.valuesCount == expected.count)
        #expect(expected.isEmpty == (site == "other.example"))
    }

    @Test func `a code that no value has is damage`() throws {
        let row = FingerprintRow(visitor: 3, site: "", seen: 1, values: [FingerprintValue(signal: 0, code: 9)])
        let block = try #require(FingerprintBlock(FingerprintBlock.encode([row])[0]))
        var scan = FingerprintScan(Self.all, site: nil, codes: [8])
        let isWhole = scan.add(block)
        #expect(!isWhole)
        var changed = FingerprintScan(Self.all, site: nil, codes: [8])
        changed.change(row)
        let isFinished = changed.finish()
        #expect(!isFinished)
    }
}
