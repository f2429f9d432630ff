package import UserAgents

extension ClientHints {
    /// Brands that are read; browsers report three.
    private static let brandsMax = 8

    /// Client hints as the tracker and the page report them; nil for none.
    package init?(_ json: LazyJSON) {
        let lists = [json["fullVersionList"], json["brands"]].map { $0.elements.prefix(Self.brandsMax) }
        let brands = lists.first { !$0.isEmpty }?.compactMap { $0["brand"].text } ?? []
        let platform = json["platform"].text
        guard !brands.isEmpty || platform != nil else { return nil }
        self.init(
            brands: brands,
            platform: platform,
            platformVersion: json["platformVersion"].text,
            formFactors: json["formFactors"].elements.prefix(Self.brandsMax).compactMap(\.text),
            isMobile: json["mobile"].isTrue
        )
    }
}
