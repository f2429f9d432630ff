/// User-Agent Client Hints, which a browser sends since its user agent no longer changes.
package struct ClientHints: Sendable, Equatable {
    /// The names in `fullVersionList`, or in `brands`.
    package var brands: [String]
    package var platform: String?
    package var platformVersion: String?
    package var formFactors: [String]
    package var isMobile: Bool?

    package init(
        brands: [String] = [],
        platform: String? = nil,
        platformVersion: String? = nil,
        formFactors: [String] = [],
        isMobile: Bool? = nil
    ) {
        (self.brands, self.platform, self.platformVersion) = (brands, platform, platformVersion)
        (self.formFactors, self.isMobile) = (formFactors, isMobile)
    }
}

extension ClientHints {
    /// The browser, when it is one whose user agent has another browser's name.
    package var browser: String? { brands.lazy.compactMap(BrowserNames.brand).first }
}

extension UserAgent {
    /// The browsers whose names others use in their user agents.
    private static let imitated: Set<String> = ["Chrome", "Chromium", BrowserNames.other]

    /// Whether client hints may name another browser.
    package var isImitated: Bool { Self.imitated.contains(browser) }

    /// This user agent completed by client hints.
    package func with(_ hints: ClientHints?) -> UserAgent {
        guard let hints else { return self }
        var agent = self
        if isImitated, let browser = hints.browser { agent.browser = browser }
        if hints.brands.contains("HeadlessChrome"), !agent.botReasons.contains(.headless) {
            agent.botReasons.append(.headless)
        }
        if let platform = hints.platform {
            let system = BrowserNames.system(platform)
            if system != BrowserNames.other, system != agent.system {
                (agent.system, agent.systemVersion) = (system, nil)
            }
        }
        if let version = hints.platformVersion.flatMap({ SystemVersion.hinted(agent.system, $0) }) {
            agent.systemVersion = version
        }
        if hints.formFactors.contains("Tablet") {
            agent.device = .tablet
        } else if hints.formFactors.contains("Mobile") || (hints.isMobile == true && agent.device == .desktop) {
            agent.device = .mobile
        }
        return agent
    }
}
