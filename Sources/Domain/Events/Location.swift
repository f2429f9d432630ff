/// The location of a page view: a country, and a region and a city if they are known.
///
/// Texts are complete and readable in any context: `Berlin, DE-BE`, `Springfield, US-IL`.
package struct Location: Sendable, Hashable {
    /// The origin of a location.
    package enum Source: String, CaseIterable, Sendable {
        /// The database named by `COLLECTOR_GEOIP`, by the client's address.
        case database
        /// A header of a trusted proxy.
        case proxy
        /// `country` in the payload of the page view.
        case sender
        /// The time zone of the browser.
        case timeZone = "time_zone"
    }

    /// The most bytes of a name; a longer one is dropped.
    package static let nameBytesMax = 96

    /// ISO 3166-1 code in upper case.
    package var country: String
    /// Name and ISO 3166-2 code, such as `Berlin, DE-BE`; the code alone, or the name with the country, if only one is known.
    package var region: String?
    /// Name with the region's code, or else with what is known of region and country.
    package var city: String?
    package var source: Source

    /// Creates a location; nil when `country` is not the code of a country.
    ///
    /// - Parameters:
    ///   - country: ISO 3166-1 code; `XX` and `ZZ` mean unknown, `T1` is Tor.
    ///   - regionCode: ISO 3166-2 code, with or without the country.
    ///   - regionName: name of the region.
    ///   - cityName: name of the city.
    ///   - source: its origin.
    package init?(
        country: String,
        regionCode: String? = nil,
        regionName: String? = nil,
        cityName: String? = nil,
        source: Source
    ) {
        guard let country = Self.countryCode(country) else { return nil }
        let code = regionCode.flatMap { Self.regionCode($0, country) }
        let name = Self.name(regionName)
        let region: String? =
            switch (name, code) {
            case (let name?, let code?): "\(name), \(code)"
            case (let name?, nil): "\(name), \(country)"
            case (nil, let code): code
            }
        city = Self.name(cityName).map { "\($0), \(code ?? region ?? country)" }
        (self.country, self.region, self.source) = (country, region, source)
    }

    /// A country code in upper case; nil for other texts, and for codes that mean unknown.
    package static func countryCode(_ text: String) -> String? {
        guard text.utf8.count == 2, text.utf8.allSatisfy(isLetter) else { return nil }
        let code = text.uppercased()
        return code == "XX" || code == "ZZ" ? nil : code
    }

    /// `BE` and `DE-BE` as `DE-BE`; nil for texts that are not ISO 3166-2 codes of the country.
    private static func regionCode(_ text: String, _ country: String) -> String? {
        let upper = text.uppercased()
        let own = upper.hasPrefix(country + "-") ? String(upper.dropFirst(3)) : upper
        let isCode = (1...3).contains(own.utf8.count) && own.utf8.allSatisfy { isLetter($0) || isDigit($0) }
        return isCode ? "\(country)-\(own)" : nil
    }

    /// A name without surrounding spaces; nil when it is empty, too long or has control characters or invalid bytes.
    private static func name(_ text: String?) -> String? {
        guard let text, text.utf8.count <= nameBytesMax else { return nil }
        let trimmed = text.drop { $0 == " " }
        guard let last = trimmed.lastIndex(where: { $0 != " " }) else { return nil }
        let name = trimmed[...last]
        let isPrintable = name.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0xFFFD
        }
        return isPrintable ? String(name) : nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// The location of an event in its own buffer.
package struct LocationSlices: Sendable, Hashable {
    package var country: Slice
    package var region: Slice?
    package var city: Slice?
    package var source: Slice

    package init(country: Slice, region: Slice?, city: Slice?, source: Slice) {
        (self.country, self.region, self.city, self.source) = (country, region, city, source)
    }

    /// Appends the texts of a location to a buffer.
    package init(_ location: Location, _ append: (String) -> Slice) {
        country = append(location.country)
        region = location.region.map(append)
        city = location.city.map(append)
        source = append(location.source.rawValue)
    }
}
