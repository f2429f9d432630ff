/// Signs of automation; a hint alone does not classify a visitor with a browser's user agent as a bot.
enum BotHints {
    static func ofPageView(screen: String?, innerWidth: Double?, language: String?, isHidden: Bool) -> [String] {
        let isWithoutScreen = screen == "0x0" || innerWidth == 0
        return (isWithoutScreen && !isHidden ? ["no screen"] : []) + (language == "" ? ["no language"] : [])
    }

    static func ofVitals(lcp: Double?, fcp: Double?, ttfb: Double?) -> [String] {
        guard let fcp else { return [] }
        let isEarly = ttfb.map { $0 > fcp + 1 } ?? false
        let isLate = lcp.map { $0 + 1 < fcp } ?? false
        return isEarly || isLate ? ["impossible timings"] : []
    }
}
