/// Counts the visitors of a selection by the values of their fingerprints: each visitor once, by the last one on a site or on any.
///
/// `change` must come before all blocks, and `finish` after them.
package struct FingerprintScan {
    /// Visitors by number of the signal and by code.
    package private(set) var counts: [[UInt32]]
    /// Values that a visitor has.
    package private(set) var valuesCount = 0
    /// The visitors that count; nil for all.
    private let selection: ScanSelection?
    private let site: String?
    /// Fingerprints that are newer than those of the blocks, of selected visitors; and these visitors.
    private var changes: [UInt32: [FingerprintRow]] = [:]
    private var changed = ScanSelection(.visitors)

    /// `codes` has the highest code of each signal, by its number.
    package init(_ selection: ScanSelection?, site: String?, codes: [Int]) {
        (self.selection, self.site) = (selection, site)
        counts = codes.map { Array(repeating: 0, count: $0 + 1) }
    }

    /// Adds a fingerprint that replaces that of the same visitor and site in a block.
    package mutating func change(_ row: FingerprintRow) {
        guard isSelected(row.visitor) else { return }
        changes[row.visitor, default: []].append(row)
        changed.insert(visitor: row.visitor)
    }

    /// Counts a block; returns false when it is damaged.
    package mutating func add(_ block: FingerprintBlock) -> Bool {
        guard let rows = choose(block) else { return false }
        var others = rows.others
        for (index, signal) in block.signals.enumerated() {
            guard let codes = block.codes(index) else { return false }
            // A code that only replaced fingerprints have may be unknown by now.
            for (code, visitors) in zip(codes.dictionary, Self.visitors(rows.counted, codes))
            where visitors > 0 && code != 0 {
                guard isKnown(signal, code) else { return false }
                count(FingerprintValue(signal: signal, code: code), visitors)
            }
            for other in others.indices {
                let code = codes.dictionary[Int(codes.rows[others[other].row])]
                guard code != 0 else { continue }
                others[other].fingerprint.values.append(FingerprintValue(signal: signal, code: code))
            }
        }
        for (_, other) in others { changes[other.visitor, default: []].append(other) }
        return true
    }

    /// Counts the visitors whose fingerprints have changed; returns false when one is damaged.
    package mutating func finish() -> Bool {
        for rows in changes.values {
            var last: FingerprintRow?
            for row in rows where isWanted(row.site) {
                if last.map({ row.isLater(than: $0) }) ?? true { last = row }
            }
            for value in last?.values ?? [] {
                guard isKnown(value.signal, value.code) else { return false }
                count(value, 1)
            }
        }
        return true
    }

    private func isSelected(_ visitor: UInt32) -> Bool { selection?.hasVisitor(visitor) ?? true }

    private func isWanted(_ own: String) -> Bool { site.map { own.utf8.elementsEqual($0.utf8) } ?? true }

    private func isKnown(_ signal: UInt16, _ code: UInt32) -> Bool {
        Int(signal) < counts.count && Int(code) < counts[Int(signal)].count
    }

    private mutating func count(_ value: FingerprintValue, _ visitors: UInt32) {
        let (signal, code) = (Int(value.signal), Int(value.code))
        if counts[signal][code] == 0 { valuesCount += 1 }
        counts[signal][code] &+= visitors
    }

    /// Visitors by index of a signal's dictionary, all of which are in bounds.
    private static func visitors(_ rows: [UInt16], _ codes: (dictionary: [UInt32], rows: [UInt16])) -> [UInt32] {
        var visitors = [UInt32](repeating: 0, count: codes.dictionary.count)
        precondition(rows.isEmpty || Int(rows[rows.count - 1]) < codes.rows.count)
        unsafe visitors.withUnsafeMutableBufferPointer { visitors in
            unsafe codes.rows.withUnsafeBufferPointer { indexes in
                for row in rows { unsafe visitors[Int(indexes[Int(row)])] &+= 1 }
            }
        }
        return visitors
    }

    /// The rows of a block that count, ascending, and those that may count instead of a change.
    private struct Rows {
        var counted: [UInt16] = []
        var others: [(row: Int, fingerprint: FingerprintRow)] = []
    }

    /// Nil when the block is damaged.
    private func choose(_ block: FingerprintBlock) -> Rows? {
        guard let sites = block.siteIndexes(), let times = block.times() else { return nil }
        let isWanted = block.sites.map { self.isWanted($0) }
        var rows = Rows()
        guard isWanted.contains(true) else { return rows }
        rows.counted.reserveCapacity(block.visitors.count)
        var end = 0
        while end < block.visitors.count {
            let (start, visitor) = (end, block.visitors[end])
            end += 1
            while end < block.visitors.count, block.visitors[end] == visitor { end += 1 }
            guard isSelected(visitor) else { continue }
            if changed.hasVisitor(visitor) {
                for row in start..<end {
                    let site = block.sites[Int(sites[row])]
                    guard changes[visitor]?.contains(where: { $0.site.utf8.elementsEqual(site.utf8) }) != true else {
                        continue
                    }
                    rows.others.append(
                        (row, FingerprintRow(visitor: visitor, site: site, seen: times[row], values: []))
                    )
                }
                continue
            }
            // Of equal times, the site that comes first counts, and sites are sorted.
            var last: Int?
            for row in start..<end where isWanted[Int(sites[row])] {
                if last.map({ times[row] > times[$0] }) ?? true { last = row }
            }
            if let last { rows.counted.append(UInt16(last)) }
        }
        return rows
    }
}
