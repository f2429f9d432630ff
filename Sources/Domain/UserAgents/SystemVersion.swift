/// Converts versions of systems for reports.
enum SystemVersion {
    /// The versions at which browsers froze the reported version: later systems report them, too.
    private static let frozen = ["Windows": "10", "macOS": "10.15", "Android": "10"]

    static func of(_ system: String, major: String, minor: String) -> String? {
        guard !major.isEmpty else { return nil }
        let isWithMinor = ["macOS", "iOS", "tvOS"].contains(system) && !minor.isEmpty
        let version = isWithMinor ? "\(major).\(minor)" : major
        return frozen[system] == version ? "\(version) or later" : version
    }

    /// The version by `platformVersion` of client hints; nil where it adds nothing to the user agent.
    static func hinted(_ system: String, _ platformVersion: String) -> String? {
        let parts = platformVersion.split(separator: ".").compactMap { UInt32($0) }
        guard let major = parts.first, major > 0 else { return nil }
        switch system {
        // The number is a version of a Windows interface, not of Windows: 13 came with Windows 11.
        case "Windows": return major >= 13 ? "11" : "10"
        case "macOS": return parts.count > 1 ? "\(major).\(parts[1])" : "\(major)"
        case "Android": return "\(major)"
        default: return nil
        }
    }
}
