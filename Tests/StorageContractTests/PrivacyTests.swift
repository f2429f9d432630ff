import Events
import Reports
import Rollups
import Storage
import Testing
import Texts

@Suite struct PrivacyModeTests {
    @Test(arguments: Engine.allCases)
    func `all servers have the same keys of a day, and yesterday's is gone`(engine: Engine) throws {
        let database = try Database(engine)
        let (one, other) = (try database.migrated().makeDatabase(), try database.store().makeDatabase())
        let first = try PrivacyTables(one).salts(day: 20_000)
        #expect(first.keys.sorted() == [20_000, 20_001])
        #expect(try PrivacyTables(other).salts(day: 20_000) == first)
        let texts = first.mapValues { String(decoding: $0, as: UTF8.self) }
        #expect(texts[20_000]?.utf8.count == 64 && texts[20_000] != texts[20_001])
        let second = try PrivacyTables(other).salts(day: 20_001)
        #expect(second[20_001] == first[20_001] && second[20_002] != nil && second[20_000] == nil)
        #expect(try database.rows("select day from privacy_salts order by day") == [["20001"], ["20002"]])
        let old = try #require(texts[20_000])
        #expect(try database.rows("select 1 from privacy_salts where salt = '\(old)'").isEmpty)
        // A server with a slow clock does not store the old key again.
        #expect(try PrivacyTables(one).salts(day: 20_000)[20_000] != first[20_000])
    }

    @Test(arguments: Engine.allCases)
    func `modes are stored for each site, and a mode of a later version counts as the strictest`(
        engine: Engine
    )
        throws
    {
        let database = try Database(engine)
        let connection = try database.migrated().makeDatabase()
        let (reports, tables) = (Reports(connection, DictionaryCache()), PrivacyTables(connection))
        #expect(try tables.modes().isEmpty)
        try reports.store(SitePrivacy(site: "", mode: .cookieless), now: 1)
        try reports.store(SitePrivacy(site: "a.example", mode: .full), now: 2)
        try reports.store(SitePrivacy(site: "a.example", mode: .anonymous), now: 3)
        #expect(try tables.modes() == ["": .cookieless, "a.example": .anonymous])
        try reports.store(SitePrivacy(site: "", mode: nil), now: 4)
        try database.rows("update site_privacy set mode = 'stricter_still'")
        #expect(try tables.modes() == ["a.example": .anonymous])
        let rows = (1..<SiteSettings.sitesMax).map { "('s\($0)', 'full', 1)" }
        try database.rows("insert into site_privacy (site, mode, changed_at) values \(rows.joined(separator: ", "))")
        #expect(throws: ReportError.refused("1000 sites have a privacy mode already")) {
            try reports.store(SitePrivacy(site: "b.example", mode: .full), now: 5)
        }
    }
}
