import Aggregation
import Crypto
import Segments
package import Storage
import Texts

/// A visitor whose sessions leave the figures, on one site or on all.
package struct ErasedVisitor: Sendable {
    let visitor: String
    let site: String?

    package init(visitor: String, site: String?) { (self.visitor, self.site) = (visitor, site) }
}

/// The sessions of erased visitors in segments, where visitors are numbers.
struct ErasedSessions {
    /// Codes of the sites by number of the visitor; nil for all sites.
    private var sites: [UInt32: Set<UInt32>?] = [:]
    /// The hashes of the ids of those that are erased on all sites.
    private var hashes: [Int64] = []

    init(_ database: any Database, _ keys: KeyedHashes, _ visitors: [ErasedVisitor]) throws(StoreError) {
        for erased in visitors {
            let hash = Int64(bitPattern: keys.visitors.hash(erased.visitor))
            let rows = try database.rows("select number from visitor_numbers where hash = ?1", [.integer(hash)])
            guard let number = rows.first?.first?.integer.map({ UInt32(clamping: $0) }) else { continue }
            guard let site = erased.site else {
                sites[number] = .some(nil)
                hashes.append(hash)
                continue
            }
            let codes = try database.rows(
                "select code from dimension_values where dictionary = ?1 and value = ?2",
                [.integer(Int64(Column.Dictionary.site.rawValue)), .text(site)]
            ).compactMap { $0.first?.integer.map { UInt32(clamping: $0) } }
            if let known = sites[number] {
                if let known { sites[number] = known.union(codes) }
            } else {
                sites[number] = Set(codes)
            }
        }
    }

    var isEmpty: Bool { sites.isEmpty }

    func contains(_ start: SegmentDecoder.Start) -> Bool {
        guard let codes = sites[start.visitor] else { return false }
        return codes?.contains(start.site) ?? true
    }

    /// Removes what identifies the visitors: their numbers stay, since numbers are assigned in order, but no hash has them.
    func removeIdentities(_ database: any Database) throws(StoreError) {
        for hash in hashes {
            _ = try database.change(
                "update visitor_numbers set hash = ?1 where hash = ?2",
                [.integer(Int64.random(in: .min ... .max)), .integer(hash)]
            )
        }
    }
}

extension Rollups {
    /// Whether figures have sessions of a visitor whose events retention may have removed, on a site or on any (nil).
    package static func mayKeepSessions(
        of visitor: String,
        on site: String?,
        _ database: any Database
    ) throws(StoreError) -> Bool {
        guard try RetentionBorders(database).events(of: site.map { [ByteText($0)] }) > 0 else { return false }
        let hash = Int64(bitPattern: try KeyedHashes(database).visitors.hash(visitor))
        return try !database.rows("select 1 from visitor_numbers where hash = ?1", [.integer(hash)]).isEmpty
    }
}
