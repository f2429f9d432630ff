import Assets

/// Countries by time zone, from the version of tzdata that was built in: the same events give the same countries on every
/// system.
package struct ZoneCountries: Sendable {
    /// The built-in table, loaded when it is first used.
    package static let shared = ZoneCountries(Assets.zoneCountries())

    private let codes: [String: String]

    /// Reads a line for each zone: its name, a tab, and an ISO 3166-1 code.
    init(_ text: String) {
        var codes: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t")
            if fields.count == 2 { codes[String(fields[0])] = String(fields[1]) }
        }
        self.codes = codes
    }

    /// The country of an IANA zone such as `Europe/Berlin`; nil for zones of no country, such as `UTC`.
    package func country(_ zone: String) -> String? { codes[zone] }
}
