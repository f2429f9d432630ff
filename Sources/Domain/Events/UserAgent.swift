/// What a user agent string says of a browser, by the few words that browsers agree on; families, not fingerprints.
package struct UserAgent: Sendable, Equatable {
    /// `Chrome`, `Edge`, `Firefox`, `Safari`, `Opera`, `Samsung Internet`, `Other`.
    package var browser: String
    /// Major version; nil when it is not told.
    package var version: Int?
    /// `Windows`, `macOS`, `iOS`, `Android`, `ChromeOS`, `Linux`, `Other`.
    package var system: String
    /// `Desktop`, `Mobile`, `Tablet`.
    package var device: String
    /// Why it is held to be a program; empty for a browser.
    package var botReasons: [String]

    package init(_ text: String?) {
        let text = text ?? ""
        let words = text.utf8
        func has(_ word: StaticString) -> Bool { contains(words, word) }
        browser = "Other"
        version = nil
        // The first that fits counts: later ones give themselves the names of earlier ones.
        let families: [(StaticString, String)] = [
            ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"),
            ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
            ("CriOS/", "Chrome"), ("HeadlessChrome/", "Chrome"), ("Chrome/", "Chrome"), ("Version/", "Safari"),
        ]
        for (word, name) in families {
            guard let end = find(words, word) else { continue }
            if name == "Safari", !has("Safari/") { continue }
            browser = name
            version = number(words, from: end)
            break
        }
        system =
            if has("Windows") {
                "Windows"
            } else if has("iPhone") || has("iPad") || has("iPod") {
                "iOS"
            } else if has("Android") {
                "Android"
            } else if has("CrOS") {
                "ChromeOS"
            } else if has("Mac OS X") || has("Macintosh") {
                "macOS"
            } else if has("Linux") || has("X11") {
                "Linux"
            } else {
                "Other"
            }
        let isTablet = has("iPad") || has("Tablet") || (system == "Android" && !has("Mobile"))
        device = isTablet ? "Tablet" : has("Mobi") || system == "iOS" ? "Mobile" : "Desktop"
        botReasons = []
        if text.isEmpty { botReasons.append("no user agent") }
        let lower = Array(text.lowercased().utf8)
        let names: [StaticString] = [
            "bot/", "bot;", "bot ", "bot)", "crawl", "spider", "slurp", "curl/", "wget", "python", "go-http", "java/",
            "libwww", "scrapy", "facebookexternalhit", "lighthouse", "pingdom", "uptime",
        ]
        if names.contains(where: { contains(lower, $0) }) { botReasons.append("user agent names a program") }
        let heads: [StaticString] = ["headless", "phantomjs", "electron", "puppeteer", "playwright"]
        if heads.contains(where: { contains(lower, $0) }) { botReasons.append("headless browser") }
    }
}

private func contains(_ text: some Collection<UInt8>, _ word: StaticString) -> Bool { find(text, word) != nil }

/// Where a word ends; nil when it is not there.
private func find<Text: Collection<UInt8>>(_ text: Text, _ word: StaticString) -> Text.Index? {
    let wanted = Array(word.description.utf8)
    guard let first = wanted.first else { return nil }
    var rest = text[...]
    while let start = rest.firstIndex(of: first) {
        rest = rest[start...]
        guard !rest.starts(with: wanted) else { return rest.index(start, offsetBy: wanted.count) }
        rest = rest.dropFirst()
    }
    return nil
}

private func number<Text: Collection<UInt8>>(_ text: Text, from start: Text.Index) -> Int? {
    var value: Int?
    for byte in text[start...].prefix(6) {
        guard (0x30...0x39).contains(byte) else { break }
        value = (value ?? 0) * 10 + Int(byte - 0x30)
    }
    return value
}
