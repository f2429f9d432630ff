import Testing
import TimeZones

@Suite struct ZoneCountryTests {
    @Test(arguments: [
        ("Europe/Berlin", "DE"), ("Europe/Oslo", "NO"), ("Asia/Calcutta", "IN"), ("Europe/Kiev", "UA"),
        ("America/Argentina/Buenos_Aires", "AR"), ("US/Pacific", "US"),
    ])
    func `a zone belongs to a country, by its current name and by old ones`(zone: String, country: String) {
        #expect(ZoneCountries.shared.country(zone) == country)
    }

    @Test(arguments: ["UTC", "Etc/GMT+3", "EST", "", "Nowhere/City"])
    func `other zones belong to none`(zone: String) {
        #expect(ZoneCountries.shared.country(zone) == nil)
    }
}
