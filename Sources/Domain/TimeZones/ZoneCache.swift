import Files
import Glibc
import Locks

/// A cache of the system's time zones.
///
/// Thread-safe. Reading a zone for the first time reads its file.
package final class ZoneCache: Sendable {
    /// The maximum number of cached zones, more than there are names in use.
    ///
    /// When it is reached, the cache is emptied.
    static let zonesMax = 700
    static let nameBytesMax = 64
    /// The default directory of tzdata, used unless `TZDIR` is set to an absolute path.
    package static let defaultFolder = "/usr/share/zoneinfo"

    /// The cache of the process.
    package static let system = ZoneCache(folder: environmentFolder ?? defaultFolder)

    private let folder: String
    private let zones = Locked<[String: Zone]>([:])

    package init(folder: String) { self.folder = folder }

    private static var environmentFolder: String? {
        guard let value = getenv("TZDIR") else { return nil }
        let text = String(cString: value)
        return text.hasPrefix("/") ? text : nil
    }

    /// Whether the directory of time zones exists and is readable.
    package var isInstalled: Bool { access(folder, R_OK | X_OK) == 0 }

    /// Current names of zones by old names that browsers still report and tzdata may not contain.
    ///
    /// ICU keeps the first name of a zone, and zones that tzdata has merged with another or moved
    /// to its file `backward`.
    static let currentNames = [
        "Africa/Asmera": "Africa/Asmara", "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
        "America/Catamarca": "America/Argentina/Catamarca", "America/Coral_Harbour": "America/Atikokan",
        "America/Cordoba": "America/Argentina/Cordoba", "America/Godthab": "America/Nuuk",
        "America/Indianapolis": "America/Indiana/Indianapolis", "America/Jujuy": "America/Argentina/Jujuy",
        "America/Louisville": "America/Kentucky/Louisville", "America/Mendoza": "America/Argentina/Mendoza",
        "America/Montreal": "America/Toronto", "America/Nipigon": "America/Toronto",
        "America/Pangnirtung": "America/Iqaluit", "America/Rainy_River": "America/Winnipeg",
        "America/Santa_Isabel": "America/Tijuana", "America/Thunder_Bay": "America/Toronto",
        "America/Yellowknife": "America/Edmonton", "Asia/Calcutta": "Asia/Kolkata",
        "Asia/Choibalsan": "Asia/Ulaanbaatar", "Asia/Katmandu": "Asia/Kathmandu", "Asia/Rangoon": "Asia/Yangon",
        "Asia/Saigon": "Asia/Ho_Chi_Minh", "Atlantic/Faeroe": "Atlantic/Faroe",
        "Australia/Currie": "Australia/Hobart", "Europe/Kiev": "Europe/Kyiv", "Europe/Uzhgorod": "Europe/Kyiv",
        "Europe/Zaporozhye": "Europe/Kyiv", "Pacific/Enderbury": "Pacific/Kanton",
        "Pacific/Johnston": "Pacific/Honolulu", "Pacific/Ponape": "Pacific/Pohnpei",
        "Pacific/Truk": "Pacific/Chuuk", "CST6CDT": "America/Chicago", "EST": "America/Panama",
        "EST5EDT": "America/New_York", "HST": "Pacific/Honolulu", "MST": "America/Phoenix",
        "MST7MDT": "America/Denver", "PST8PDT": "America/Los_Angeles",
    ]

    /// Returns a zone by its IANA name; nil when it does not exist.
    ///
    /// An old name that tzdata does not contain is looked up by its current name.
    package func zone(_ name: String) -> Zone? {
        if name == Zone.utc.name { return .utc }
        guard Self.isName(name) else { return nil }
        if let known = zones.withLock({ $0[name] }) { return known }
        guard let file = file(name) ?? Self.currentNames[name].flatMap(file) else { return nil }
        let zone = Zone(name: name, file: file)
        zones.withLock { zones in
            if zones.count >= Self.zonesMax { zones = [:] }
            zones[name] = zone
        }
        return zone
    }

    private func file(_ name: String) -> TimeZoneFile? {
        SmallFile.regular(folder + "/" + name, bytesMax: TimeZoneFile.bytesMax).flatMap { TimeZoneFile($0) }
    }

    /// Whether a text is a valid zone name, such as `America/Argentina/Buenos_Aires`.
    ///
    /// Such a path cannot leave the directory.
    static func isName(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return text.utf8.count <= nameBytesMax && (1...3).contains(parts.count)
            && parts.allSatisfy { part in
                guard let first = part.first, isLetter(first) else { return false }
                return part.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "_+-".utf8.contains($0) }
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
