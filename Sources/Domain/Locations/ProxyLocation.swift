package import Events

/// Reads the location from headers of known proxies.
package enum ProxyLocation {
    private struct Names {
        let country, regionCode, regionName, city: String
    }

    /// The headers of a proxy in lower case; `regionName` is empty if it sends none.
    private static func names(_ proxy: LocationProxy) -> Names {
        switch proxy {
        case .cloudflare:
            Names(country: "cf-ipcountry", regionCode: "cf-region-code", regionName: "cf-region", city: "cf-ipcity")
        case .vercel:
            Names(
                country: "x-vercel-ip-country",
                regionCode: "x-vercel-ip-country-region",
                regionName: "",
                city: "x-vercel-ip-city"
            )
        case .cloudfront:
            Names(
                country: "cloudfront-viewer-country",
                regionCode: "cloudfront-viewer-country-region",
                regionName: "cloudfront-viewer-country-region-name",
                city: "cloudfront-viewer-city"
            )
        }
    }

    /// Reads the location from the headers of a request from a trusted proxy.
    ///
    /// - Parameters:
    ///   - proxy: The service whose headers are read.
    ///   - header: Returns a field by its name in lower case, several lines joined by commas.
    /// - Returns: The location; nil when the headers have none.
    package static func location(_ proxy: LocationProxy, _ header: (String) -> String?) -> Location? {
        func value(_ name: String) -> String? { header(name).map(trimmed) }
        let names = names(proxy)
        guard let country = value(names.country) else { return nil }
        return Location(
            country: country,
            regionCode: value(names.regionCode),
            regionName: names.regionName.isEmpty ? nil : value(names.regionName).map(decoded),
            cityName: value(names.city).map(decoded),
            source: .proxy
        )
    }

    private static func trimmed(_ text: String) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        let rest = text.drop(while: isSpace)
        return String(rest[..<(rest.lastIndex { !isSpace($0) }.map(rest.index(after:)) ?? rest.startIndex)])
    }

    /// Decodes percent-encoded bytes, which some proxies use for names that are not ASCII.
    private static func decoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
