import Glibc
import Locks

/// Caches the system's time zones; safe to use from any thread.
///
/// Each zone is read once; the first lookup blocks while its file is read.
package final class ZoneCache: Sendable {
    /// Size limit of the cache, above the number of names in use; a full cache is emptied.
    static let zonesMax = 700
    /// Length limit of a zone name in bytes.
    static let nameBytesMax = 64
    /// The system's tzdata folder; `TZDIR` overrides it.
    package static let defaultFolder = "/usr/share/zoneinfo"

    /// The cache of the process.
    package static let system = ZoneCache(folder: environmentFolder ?? defaultFolder)

    private let folder: String
    private let held = Locked<[String: Zone]>([:])

    package init(folder: String) { self.folder = folder }

    private static var environmentFolder: String? {
        guard let value = getenv("TZDIR") else { return nil }
        let text = String(cString: value)
        return text.hasPrefix("/") ? text : nil
    }

    /// Whether the tzdata folder is readable.
    package var isInstalled: Bool { access(folder, R_OK | X_OK) == 0 }

    /// Current names for outdated zone names that browsers still report but tzdata may lack.
    ///
    /// ICU keeps a zone's first name, and zones that tzdata has merged with another or moved to its file
    /// `backward`.
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

    /// The zone with this IANA name; an outdated name that tzdata lacks is replaced with its current name.
    ///
    /// Nil when there is no such zone.
    package func zone(_ name: String) -> Zone? {
        if name == Zone.utc.name { return .utc }
        guard Self.isName(name) else { return nil }
        if let known = held.withLock({ $0[name] }) { return known }
        guard let file = file(name) ?? Self.currentNames[name].flatMap(file) else { return nil }
        let zone = Zone(name: name, file: file)
        held.withLock { held in
            if held.count >= Self.zonesMax { held = [:] }
            held[name] = zone
        }
        return zone
    }

    private func file(_ name: String) -> TimeZoneFile? {
        Self.read(folder + "/" + name).flatMap { TimeZoneFile($0) }
    }

    /// Whether a text is a well-formed name, such as `America/Argentina/Buenos_Aires`; prevents path traversal.
    static func isName(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return text.utf8.count <= nameBytesMax && (1...3).contains(parts.count)
            && parts.allSatisfy { part in
                guard let first = part.first, isLetter(first) else { return false }
                return part.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "_+-".utf8.contains($0) }
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    /// Reads a regular file; nil when it cannot be read or exceeds the size limit.
    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= TimeZoneFile.bytesMax
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let size = bytes.count - count
            let read = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, size)
            }
            guard read > 0 else { return nil }
            count += read
        }
        return bytes
    }
}
