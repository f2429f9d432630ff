package import Events
package import Storage
package import Texts

/// The privacy mode of a site, as the owner has set it.
package struct SitePrivacy: Sendable, Equatable {
    /// Empty for sites without a mode of their own.
    package var site: String
    /// Nil removes the setting.
    package var mode: PrivacyMode?

    package init(site: String, mode: PrivacyMode?) { (self.site, self.mode) = (site, mode) }
}

extension Reports {
    /// Stores the mode of a site, or removes it.
    ///
    /// Throws `ReportError.refused` when too many sites have a mode.
    package func store(_ privacy: SitePrivacy, now: Int64) throws(ReportError) {
        try store(
            privacy.mode?.rawValue,
            of: privacy.site,
            in: "site_privacy",
            "mode",
            now: now,
            named: "a privacy mode"
        )
    }
}

/// The modes of sites and the keys of days in the store.
package struct PrivacyTables: Sendable {
    /// The bytes of a key, as many as a hash has.
    private static let saltBytes = 32

    private let database: any Database

    package init(_ database: any Database) { self.database = database }

    /// The day of a time in seconds since 1970, in days since 1970, UTC.
    package static func day(_ seconds: Int64) -> Int64 { floorDivide(seconds, CivilDate.daySeconds) }

    /// The mode of each site that has one; a mode that this version does not know counts as the strictest.
    package func modes() throws(StoreError) -> [ByteText: PrivacyMode] {
        var modes: [ByteText: PrivacyMode] = [:]
        for row in try database.briefRows("select site, mode from site_privacy", []) {
            modes[ByteText(row[0].text ?? "")] = row[1].text.flatMap { PrivacyMode(rawValue: $0) } ?? .anonymous
        }
        return modes
    }

    /// The keys of a day and of the next one by their days.
    ///
    /// Creates those that are missing, and deletes those of earlier days. All servers on a database get the same keys.
    package func salts(day: Int64) throws(StoreError) -> [Int64: [UInt8]] {
        let found = try stored()
        if found.keys.contains(where: { $0 < day }) {
            _ = try database.change("delete from privacy_salts where day < ?1", [.integer(day)])
        }
        let wanted = [day, day + 1]
        let missing = wanted.filter { found[$0] == nil }
        guard !missing.isEmpty else { return found.filter { wanted.contains($0.key) } }
        for day in missing {
            _ = try database.change(
                "insert into privacy_salts (day, salt) values (?1, ?2) on conflict (day) do nothing",
                [.integer(day), .text(String(decoding: Self.makeSalt(), as: UTF8.self))]
            )
        }
        return try stored().filter { wanted.contains($0.key) }
    }

    private func stored() throws(StoreError) -> [Int64: [UInt8]] {
        var found: [Int64: [UInt8]] = [:]
        for row in try database.briefRows("select day, salt from privacy_salts", []) {
            if let day = row[0].integer, let salt = row[1].text { found[day] = Array(salt.utf8) }
        }
        return found
    }

    /// A new key of random bytes, in hexadecimal digits.
    package static func makeSalt() -> [UInt8] {
        let words = (0..<saltBytes / 8).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }
        return words.flatMap { Array(String(repeating: "0", count: 16 - $0.utf8.count).utf8) + $0.utf8 }
    }
}

extension [ByteText: PrivacyMode] {
    /// The mode of a site, or that of sites without a mode of their own.
    package func mode(of site: String) -> PrivacyMode { self[ByteText(site)] ?? self[""] ?? .full }
}
