import Events

/// Where a generated visitor lives.
struct DemoHome {
    /// Nil for a visitor whose country is only known by the time zone.
    let location: Location?
    let timeZone: String

    private struct City {
        let country, region, regionName, name, timeZone: String

        init(_ country: String, _ region: String, _ regionName: String, _ name: String, _ timeZone: String) {
            (self.country, self.region, self.regionName) = (country, region, regionName)
            (self.name, self.timeZone) = (name, timeZone)
        }
    }

    /// Cities by language, the most frequent first.
    private static let cities: [String: [City]] = [
        "en-US": [
            City("US", "NY", "New York", "New York", "America/New_York"),
            City("US", "CA", "California", "San Francisco", "America/Los_Angeles"),
            City("US", "TX", "Texas", "Austin", "America/Chicago"),
            City("CA", "ON", "Ontario", "Toronto", "America/Toronto"),
            City("IN", "KA", "Karnataka", "Bengaluru", "Asia/Kolkata"),
            City("US", "IL", "Illinois", "Springfield", "America/Chicago"),
            City("US", "MA", "Massachusetts", "Springfield", "America/New_York"),
            City("NG", "LA", "Lagos", "Lagos", "Africa/Lagos"),
        ],
        "en-GB": [
            City("GB", "ENG", "England", "London", "Europe/London"),
            City("AU", "NSW", "New South Wales", "Sydney", "Australia/Sydney"),
            City("GB", "SCT", "Scotland", "Edinburgh", "Europe/London"),
            City("IE", "L", "Leinster", "Dublin", "Europe/Dublin"),
            City("ZA", "WC", "Western Cape", "Cape Town", "Africa/Johannesburg"),
        ],
        "de": [
            City("DE", "BE", "Berlin", "Berlin", "Europe/Berlin"),
            City("DE", "BY", "Bavaria", "Munich", "Europe/Berlin"),
            City("AT", "9", "Vienna", "Vienna", "Europe/Vienna"), City("CH", "ZH", "Zurich", "Zurich", "Europe/Zurich"),
        ],
        "fr": [
            City("FR", "IDF", "Île-de-France", "Paris", "Europe/Paris"),
            City("FR", "ARA", "Auvergne-Rhône-Alpes", "Lyon", "Europe/Paris"),
            City("BE", "BRU", "Brussels Capital", "Brussels", "Europe/Brussels"),
            City("CA", "QC", "Quebec", "Montreal", "America/Toronto"),
        ],
        "es": [
            City("ES", "MD", "Madrid", "Madrid", "Europe/Madrid"),
            City("ES", "CT", "Catalonia", "Barcelona", "Europe/Madrid"),
            City("MX", "CMX", "Mexico City", "Mexico City", "America/Mexico_City"),
            City("AR", "C", "Buenos Aires F.D.", "Buenos Aires", "America/Argentina/Buenos_Aires"),
        ],
        "ja": [
            City("JP", "13", "Tokyo", "Tokyo", "Asia/Tokyo"), City("JP", "27", "Osaka", "Osaka", "Asia/Tokyo"),
        ],
        "pt-BR": [
            City("BR", "SP", "São Paulo", "São Paulo", "America/Sao_Paulo"),
            City("BR", "RJ", "Rio de Janeiro", "Rio de Janeiro", "America/Sao_Paulo"),
            City("PT", "11", "Lisbon", "Lisbon", "Europe/Lisbon"),
        ],
    ]

    /// Returns a home where the language is spoken; lower numbers in 0..<1 give more frequent ones.
    static func pick(language: String, by number: Double, isLocated: Bool) -> DemoHome {
        guard let cities = cities[language], !cities.isEmpty else { return DemoHome(location: nil, timeZone: "UTC") }
        // The square makes the first cities the most frequent.
        let city = cities[min(cities.count - 1, Int(number * number * Double(cities.count)))]
        let location = Location(
            country: city.country,
            regionCode: city.region,
            regionName: city.regionName,
            cityName: city.name,
            source: .database
        )
        return DemoHome(location: isLocated ? location : nil, timeZone: city.timeZone)
    }
}
