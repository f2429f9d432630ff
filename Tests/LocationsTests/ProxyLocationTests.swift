import Events
import Locations
import Testing

@Suite struct ProxyLocationTests {
    private func location(_ fields: [String: String], _ proxy: LocationProxy = .cloudflare) -> Location? {
        ProxyLocation.location(proxy) { fields[$0] }
    }

    @Test func `headers of Cloudflare, Vercel and CloudFront are read`() {
        let cloudflare = location([
            "cf-ipcountry": " DE\t", "cf-region-code": " BE", "cf-region": "Land Berlin", "cf-ipcity": "Berlin",
        ])
        #expect(cloudflare?.city == "Berlin, DE-BE" && cloudflare?.region == "Land Berlin, DE-BE")
        let vercel = location(
            ["x-vercel-ip-country": "US", "x-vercel-ip-country-region": "NY", "x-vercel-ip-city": "New%20York"],
            .vercel
        )
        #expect(vercel?.city == "New York, US-NY" && vercel?.region == "US-NY")
        let fields = [
            "cloudfront-viewer-country": "JP", "cloudfront-viewer-country-region": "13",
            "cloudfront-viewer-country-region-name": "Tokyo", "cloudfront-viewer-city": "Tokyo",
        ]
        let cloudFront = location(fields, .cloudfront)
        #expect(cloudFront?.region == "Tokyo, JP-13" && cloudFront?.source == .proxy)
    }

    @Test(arguments: ["XX", "T1", "DE,US", "", "Germany"])
    func `a country that is unknown or no code is no location`(text: String) {
        #expect(location(["cf-ipcountry": text, "cf-ipcity": "Berlin"]) == nil)
    }

    @Test func `other headers are no location, and broken percent encoding stays text`() {
        #expect(location(["x-country": "DE", "cf-ipcity": "Berlin"]) == nil)
        #expect(location(["cf-ipcountry": "DE"], .vercel) == nil)
        #expect(location(["cf-ipcountry": "DE", "cf-ipcity": "100%"])?.city == "100%, DE")
        #expect(location(["cf-ipcountry": "DE", "cf-ipcity": "%FFx"])?.city == nil)
    }
}
