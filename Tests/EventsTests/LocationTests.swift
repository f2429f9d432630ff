import Testing

@testable import Events

@Suite struct LocationTests {
    @Test func `a location is a country, with a region and a city if they are known`() throws {
        let full = try #require(
            Location(
                country: "us",
                regionCode: "il",
                regionName: "Illinois",
                cityName: "Springfield",
                source: .database
            )
        )
        #expect((full.country, full.region, full.city) == ("US", "Illinois, US-IL", "Springfield, US-IL"))
        let named = try #require(
            Location(country: "DE", regionName: "Berlin", cityName: "Berlin", source: .database)
        )
        #expect((named.region, named.city) == ("Berlin, DE", "Berlin, Berlin, DE"))
        let coded = try #require(Location(country: "DE", regionCode: "DE-BE", source: .proxy))
        #expect((coded.region, coded.city) == ("DE-BE", nil))
        let city = try #require(Location(country: "SG", cityName: " Singapore ", source: .proxy))
        #expect((city.region, city.city) == (nil, "Singapore, SG"))
    }

    @Test(arguments: ["XX", "zz", "T1", "", "D", "DEU", "DE,US", "ß", "D\u{0}"])
    func `codes that mean unknown and other texts are no country`(code: String) {
        #expect(Location(country: code, source: .proxy) == nil)
    }

    @Test(arguments: ["\u{1}Berlin", "", "   ", "Ber\u{7F}lin", "Ber\u{FFFD}lin", String(repeating: "a", count: 97)])
    func `names that are empty, too long or have control characters are unknown`(name: String) {
        let location = Location(country: "DE", regionCode: "B E", regionName: name, cityName: name, source: .proxy)
        #expect(location?.region == nil && location?.city == nil)
    }

    @Test func `only page views have a location`() throws {
        for (type, country) in [("pageview", "DE"), ("webvitals", nil), ("pageviewx", nil)] {
            let text = #"{"visitor_id":"v","session_id":"s","pageview_id":"p","event_type":"\#(type)","country":"FR"}"#
            let bytes = Array(text.utf8)
            let location = Location(country: "DE", regionCode: "BE", cityName: "Berlin", source: .database)
            let context = RequestContext(receivedAt: 7, userAgent: nil, ipHash: nil, location: { location })
            let event = try Event(parsing: bytes, body: 0..<bytes.count, context)
            #expect(event.text(event.location?.country) == country)
            #expect(event.text(event.location?.city) == (country == nil ? nil : "Berlin, DE-BE"))
        }
    }
}
