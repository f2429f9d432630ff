import FoundationEssentials
import Testing

@testable import TimeZones
import Events

/// Offsets, local times and starts of buckets; the expected values are those of Python's zoneinfo.
@Suite struct ZoneTests {
    private static func zone(_ name: String) throws -> Zone { try #require(ZoneCache.system.zone(name), "\(name)") }

    /// Moments at which the offset changes, with the offsets before and after.
    private static let transitions: [(zone: String, at: Int64, before: Int64, after: Int64)] = [
        ("Europe/Berlin", 1_269_738_000, 3600, 7200), ("Europe/Berlin", 1_792_890_000, 7200, 3600),
        ("Europe/Berlin", 2_216_250_000, 3600, 7200), ("America/New_York", 1_772_953_200, -18_000, -14_400),
        ("America/New_York", 2_235_621_600, -14_400, -18_000), ("Australia/Lord_Howe", 1_270_306_800, 39_600, 37_800),
        ("Australia/Lord_Howe", 1_791_041_400, 37_800, 39_600), ("Pacific/Chatham", 1_775_311_200, 49_500, 45_900),
        ("Pacific/Chatham", 1_790_431_200, 45_900, 49_500), ("America/St_Johns", 1_268_537_460, -12_600, -9000),
        ("America/St_Johns", 1_793_507_400, -9000, -12_600), ("Africa/Casablanca", 1_281_222_000, 3600, 0),
        ("Africa/Casablanca", 1_771_120_800, 3600, 0), ("Africa/Casablanca", 1_774_144_800, 0, 3600),
        ("America/Santiago", 1_788_667_200, -14_400, -10_800), ("Europe/Dublin", 1_774_746_000, 0, 3600),
    ]

    @Test(arguments: transitions)
    func `the offset changes at the second of the transition`(
        name: String,
        at: Int64,
        before: Int64,
        after: Int64
    ) throws {
        let zone = try Self.zone(name)
        #expect(zone.offset(at: at - 1) == before)
        #expect(zone.offset(at: at) == after)
        #expect(zone.transitions(from: at - 40 * 3600, to: at + 40 * 3600) == [at])
    }

    @Test func `zones without daylight saving time have one offset`() throws {
        for (name, offset) in [("Asia/Kathmandu", 20_700), ("Asia/Tokyo", 32_400), ("UTC", 0)] as [(String, Int64)] {
            let zone = try Self.zone(name)
            #expect(zone.offset(at: 1_795_456_784) == offset)
            #expect(zone.transitions(from: 1_600_000_000, to: 2_300_000_000) == [])
        }
    }

    @Test func `a local time that comes twice is the first, and one that is skipped is read with the offset before`()
        throws
    {
        let berlin = try Self.zone("Europe/Berlin")
        // 2026-10-25T02:30, 2026-03-29T02:30 and 2026-07-01T12:00 as their clocks show them.
        #expect(berlin.seconds(local: 1_792_895_400) == 1_792_888_200)
        #expect(berlin.seconds(local: 1_774_751_400) == 1_774_747_800)
        #expect(berlin.local(1_774_747_800) == 1_774_755_000)
        #expect(berlin.seconds(local: 1_782_907_200) == 1_782_900_000)
        #expect(berlin.seconds(1_774_690_200, addingDays: 1) == 1_774_773_000)
    }

    @Test func `a day has 23, 24 or 25 hours`() throws {
        let berlin = try Self.zone("Europe/Berlin")
        for (day, hours) in [(1_774_738_800, 23), (1_792_879_200, 25), (1_782_856_800, 24)] as [(Int64, Int64)] {
            let days = berlin.bucketStarts(from: day + 1, to: day + hours * 3600 + 1, .day)
            #expect(days == [day, day + hours * 3600])
            let buckets = berlin.bucketStarts(from: day, to: day + hours * 3600, .hour)
            #expect(buckets == (0..<hours).map { day + $0 * 3600 })
        }
    }

    @Test func `hours of zones with odd offsets begin where their minutes are 0`() throws {
        let kathmandu = try Self.zone("Asia/Kathmandu")
        // 10:45 and 10:15 of UTC are 16:30 and 16:00 there.
        #expect(
            kathmandu.bucketStarts(from: 1_795_776_300, to: 1_795_778_200, .hour) == [1_795_774_500, 1_795_778_100]
        )
        let howe = try Self.zone("Australia/Lord_Howe")
        // Clocks go back by half an hour at 02:00: the hour from 01:00 on has 90 minutes.
        #expect(
            howe.bucketStarts(from: 1_775_311_200, to: 1_775_320_000, .hour) == [1_775_311_200, 1_775_316_600]
        )
    }

    @Test func `a day begins with its first moment where midnight is skipped`() throws {
        let santiago = try Self.zone("America/Santiago")
        #expect(santiago.bucketStarts(from: 1_788_667_200 + 60, to: 1_788_670_000, .day) == [1_788_667_200])
        #expect(santiago.dateStart(local: 1_788_652_800) == 1_788_667_200)
    }

    @Test func `weeks begin on Monday and months on their first day`() throws {
        let berlin = try Self.zone("Europe/Berlin")
        // Saturday, 2026-11-28, 12:00 UTC; Monday 2026-11-23 and Sunday 2026-11-01 there.
        let now: Int64 = 1_795_867_200
        #expect(berlin.bucketStart(now, .week) == 1_795_388_400)
        #expect(
            berlin.bucketStarts(from: now, to: now + 40 * 86_400, .month) == [
                1_793_487_600, 1_796_079_600, 1_798_758_000,
            ]
        )
    }

    @Test(arguments: [
        "../../etc/passwd", "/etc/passwd", "Europe/../../etc/passwd", "Europe/", "", ".", "zone.tab", "tzdata.zi",
        "a/b/c/d",
        "Europe/Berlin\0", "Europe//Berlin", "europe/nowhere", "Etc/GMT+99", "1x", "leapseconds",
        String(repeating: "a", count: 65),
    ])
    func `invalid zone names are rejected`(name: String) {
        #expect(ZoneCache.system.zone(name) == nil)
    }

    @Test func `names may have digits, signs and three parts`() {
        for name in ["Etc/GMT+9", "Etc/GMT-14", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "EST5EDT"] {
            #expect(ZoneCache.system.zone(name)?.name == name)
        }
    }

    @Test func `old names that browsers report are found where tzdata has the current ones alone`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "zones-\(UUID().uuidString)")
        // What is left of it is in the folder of temporary files.
        defer { try? FileManager.default.removeItem(at: folder) }
        for (old, current) in ZoneCache.currentNames {
            let file = folder.appending(path: current)
            let source = URL(filePath: ZoneCache.defaultFolder).appending(path: current)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(contentsOf: source).write(to: file)
            let zone = try #require(ZoneCache(folder: folder.path()).zone(old), "\(old)")
            #expect(zone.name == old)
            for now: Int64 in [1_780_000_000, 1_795_456_784] {
                #expect(zone.offset(at: now) == ZoneCache.system.zone(current)?.offset(at: now), "\(old)")
            }
        }
        #expect(ZoneCache(folder: folder.path()).zone("Asia/Nowhere") == nil)
    }

    @Test func `without tzdata there is UTC alone`() {
        let cache = ZoneCache(folder: "/nowhere")
        #expect(!cache.isInstalled)
        #expect(cache.zone("UTC") == .utc)
        #expect(cache.zone("Europe/Berlin") == nil)
    }

    @Test func `a file that is cut or bent anywhere is none, or has sane offsets`() throws {
        // Version 2 with one transition and a footer.
        var bytes = Self.file(version: 0x32, footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        let whole = try #require(TimeZoneFile(bytes))
        #expect(whole.transitions.map(\.offset) == [3600])
        for count in bytes.indices { #expect(TimeZoneFile(Array(bytes.prefix(count))) == nil) }
        for index in bytes.indices {
            let kept = bytes[index]
            bytes[index] = 0xFF
            if let file = TimeZoneFile(bytes) {
                #expect(Zone(name: "x", file: file).offset(at: 1_795_456_784).magnitude <= 26 * 3600)
            }
            bytes[index] = kept
        }
        #expect(TimeZoneFile(Self.file(version: 0x33, footer: "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"))?.rule != nil)
        #expect(TimeZoneFile(Self.file(version: 0x34, footer: ""))?.rule == nil)
        #expect(TimeZoneFile(Self.file(version: 0x35, footer: "CET-1")) == nil)
        #expect(TimeZoneFile(Self.file(version: 0x32, footer: "CET-1CEST,M13.5.0,M10.5.0")) == nil)
    }

    private static func file(version: UInt8, footer: String) -> [UInt8] {
        func header(_ counts: [UInt8]) -> [UInt8] {
            Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15) + counts.flatMap { [0, 0, 0, $0] }
        }
        // Counts of: UTC marks, standard marks, leap seconds, transitions, types, bytes of names.
        let second =
            header([0, 0, 0, 1, 2, 4]) + [0, 0, 0, 0, 0x4B, 0xAE, 0x9F, 0x90, 1] + [0, 0, 0, 0, 0, 0]
            + [0, 0, 0x0E, 0x10, 0, 0] + Array("CET\0".utf8)
        return header([0, 0, 0, 0, 0, 0]) + second + Array("\n\(footer)\n".utf8)
    }

    @Test func `a rule for the southern hemisphere and one by days of the year hold in any year`() throws {
        let rule = try #require(PosixZoneRule(Array("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0".utf8)))
        #expect(rule.offset(at: 2_216_818_799) == 39_600)
        #expect(rule.offset(at: 2_216_818_800) == 37_800)
        // From 1 March on, in leap years, too, to the end of October.
        let days = try #require(PosixZoneRule(Array("AAA3BBB,J60/0,J304/0".utf8)))
        for year in [2027, 2028] as [Int64] {
            let march = CivilDate(year: year, month: 3, day: 1).daysSince1970 * 86_400 + 3 * 3600
            #expect(days.offset(at: march - 1) == -10_800)
            #expect(days.offset(at: march) == -7200)
        }
        #expect(PosixZoneRule(Array("AAA".utf8)) == nil)
        #expect(PosixZoneRule(Array("AAA3BBB".utf8)) == nil)
    }
}
