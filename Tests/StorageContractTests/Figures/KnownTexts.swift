import Events

/// The texts that random events hold, each beside the dimension value that the definitions make of it: the recomputation in SQL looks them up,
/// so that it shares no code with the server.
enum KnownTexts {
    struct Agent {
        var text: String?
        var browser: String
        var system: String
        var device: String
        /// Sorted; empty for a browser.
        var reasons: [String] = []
        var browserVersion: String
        var systemVersion: String
    }

    static let agents = [
        Agent(
            text:
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            browser: "Chrome",
            system: "Windows",
            device: "Desktop",
            browserVersion: "Chrome 142",
            systemVersion: "Windows 10 or later"
        ),
        Agent(
            text:
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            browser: "Chrome",
            system: "Android",
            device: "Mobile",
            browserVersion: "Chrome 142",
            systemVersion: "Android 14"
        ),
        Agent(
            text:
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
                + "Mobile/15E148 Safari/604.1",
            browser: "Safari",
            system: "iOS",
            device: "Mobile",
            browserVersion: "Safari 18",
            systemVersion: "iOS 18.1"
        ),
        Agent(
            text:
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
            browser: "Safari",
            system: "macOS",
            device: "Desktop",
            browserVersion: "Safari 18",
            systemVersion: "macOS 10.15 or later"
        ),
        Agent(
            text: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            browser: "Firefox",
            system: "Linux",
            device: "Desktop",
            browserVersion: "Firefox 145",
            systemVersion: "Linux"
        ),
        Agent(
            text:
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 "
                + "Edg/142.0.0.0",
            browser: "Edge",
            system: "Windows",
            device: "Desktop",
            browserVersion: "Edge 142",
            systemVersion: "Windows 10 or later"
        ),
        Agent(
            text: "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 "
                + "Chrome/122.0.0.0 Safari/537.36",
            browser: "Samsung Internet",
            system: "Android",
            device: "Tablet",
            browserVersion: "Samsung Internet 26",
            systemVersion: "Android 13"
        ),
        Agent(
            text: "Mozilla/5.0 (X11; Linux x86_64) 我的浏览器/1.0",
            browser: "Other",
            system: "Linux",
            device: "Desktop",
            browserVersion: "Other",
            systemVersion: "Linux"
        ),
    ]
    static let bots = [
        Agent(
            text: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            browser: "Googlebot",
            system: "Other",
            device: "Desktop",
            reasons: ["bot user agent"],
            browserVersion: "Googlebot 2",
            systemVersion: "Other"
        ),
        Agent(
            text:
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
            browser: "Chrome",
            system: "Linux",
            device: "Desktop",
            reasons: ["bot user agent", "headless browser"],
            browserVersion: "Chrome 142",
            systemVersion: "Linux"
        ),
        Agent(
            text: nil,
            browser: "Other",
            system: "Other",
            device: "Desktop",
            reasons: ["no user agent"],
            browserVersion: "Other",
            systemVersion: "Other"
        ),
    ]

    /// Stands for the user agent of imported page views without one.
    static let imported = "imported"
    static let importedAgent = Agent(
        text: imported,
        browser: "Edge",
        system: "macOS",
        device: "Tablet",
        browserVersion: "Edge 109",
        systemVersion: "macOS 14.2"
    )
    /// Names of a product's export that mean `importedAgent`.
    static let importedNames = [
        ("browser", "edge-chromium"), ("browserVersion", "109.0.1"), ("system", "Mac OS"), ("systemVersion", "14.2"),
        ("device", "tablet"),
    ]
    static let products = ["umami", "goatcounter", "", "(none)"]

    static let sites: [String?] = ["www.example.org", "shop.example", "www.example.org", "shop.example", nil]

    /// Paths and their templates.
    static let paths: [(raw: String?, shown: String)] = [
        ("/", "/"), ("/pricing", "/pricing"), ("/blog/topic-oa", "/blog/topic-oa"), ("/blog?x=1#y", "/blog"),
        ("/users/123", "/users/:id"), ("/users/7", "/users/:id"), ("/orders/deadbeef01", "/orders/:id"),
        ("", "/"), (nil, "/"), ("/é/ü", "/é/ü"), ("/(none)", "/(none)"), ("//double", "//double"),
        ("/a/x@y.example", "/a/:address"), ("/docs/guide", "/docs/guide"), ("/docs/guide/start", "/docs/guide/start"),
        (longPath, String(longPath.prefix(200)) + "…"),
    ]
    private static let longPath = String(repeating: "/segment-of-thirty-letters-abcd", count: 9)

    /// Referrers and their hosts; nil for an address without a host of the web or an app.
    static let referrers: [(raw: String, host: String?)] = [
        ("https://www.google.com/search?q=x", "google.com"), ("https://Search.Example/", "search.example"),
        ("http://news.example.com", "news.example.com"), ("https://www.example.org/b", "example.org"),
        ("https://classroom.google.com/c/1", "classroom.google.com"),
        ("https://example.org/", "example.org"), ("https://blog.example.org/x", "blog.example.org"),
        ("https://shop.example", "shop.example"), ("https://www.shop.example/p?q", "shop.example"),
        ("android-app://com.google.android.gm/", "android-app://com.google.android.gm"),
        ("android-app://com.slack", "android-app://com.slack"), ("https://a.example?x=1", "a.example"),
        ("https://münchen.example/ü", "münchen.example"), ("ftp://files.example/x", nil), ("about:blank", nil),
        ("javascript:alert(1)", nil), ("/relative/path", nil), ("https:///nothing", nil), ("x", nil),
    ]

    /// Sources, mediums and hosts with their channels; others have none.
    static let channels: [(kind: String, key: String, channel: String)] = [
        ("host", "google.com", "Organic search"), ("host", "android-app://com.google.android.gm", "Email"),
        ("host", "android-app://com.slack", "Organic social"), ("source", "newsletter", "Email"),
        ("source", "google", "Organic search"), ("source", "suche.t-online.de", "Organic search"),
        ("source", "chatgpt.com", "AI assistants"),
        ("source", "facebook", "Organic social"), ("medium", "cpc", "paid"), ("medium", "email", "Email"),
        ("medium", "social", "Organic social"), ("medium", "display", "Display"),
    ]
    static let sources = [
        "newsletter", "x.example", "", "Google", "chatgpt.com", "facebook", "Suche.T-Online.de", longMixed,
    ]
    static let mediums = ["CPC", "email", "social", "display", "qr", ""]

    static let languages = ["en", "de", "fr", "", "日本語", "(none)", longMixed, longAscii]
    static let screens = ["1920x1080", "390x844", "0x0", "", "2560x1440"]
    static let releases = ["1.0", "1.1", "", "2.0-ß"]
    static let connections = ["4g", "3g", "slow-2g", ""]
    /// Countries as they are sent, with their codes.
    static let countries: [(raw: String, code: String?)] = [
        ("DE", "DE"), ("US", "US"), ("", nil), ("NP", "NP"), ("np", "NP"), ("Germany", nil), ("XX", nil),
    ]
    /// Time zones, with their countries.
    static let zones: [(raw: String, country: String?)] = [
        ("Europe/Berlin", "DE"), ("Asia/Calcutta", "IN"), ("UTC", nil), ("", nil), ("Mars/Base", nil),
    ]
    /// Locations by address or proxy; most page views have none.
    static let locations: [Location?] = [
        nil, nil, nil, nil, Location(country: "DE", regionCode: "BE", cityName: "Größe", source: .database),
        Location(country: "DE", source: .proxy),
        Location(country: "US", regionCode: "IL", regionName: "Illinois", cityName: "Springfield", source: .database),
    ]
    static let campaigns = [
        "spring", "(none)", "(other)", "ünï \"quoted\" \\ and\nlines", "", longAscii, "black friday",
    ]
    static let navigations = ["navigate", "reload", "back_forward", "soft-navigation", "", "prerender"]
    static let elements = ["#hero", "img.cover", "", "div > p:nth-child(2)", longMixed]
    static let eventNames = ["signup", "purchase", "événement", "constructor", "404", longAscii]

    /// Addresses of resources without query and hash.
    static let resources: [(raw: String, shown: String)] = [
        ("https://cdn.example/app.0bcdef0123.js?v=1", "https://cdn.example/app.js"),
        ("https://cdn.example/app.ffffffff99.js#x", "https://cdn.example/app.js"),
        ("https://shop.example/api/cart", "https://shop.example/api/cart"),
        ("https://img.example/ü.png", "https://img.example/ü.png"), ("/local.css", "/local.css"),
    ]
    static let hosts = ["cdn.example", "fonts.example", "tag.example"]

    static let longAscii = String(repeating: "x", count: 230)
    /// 199 bytes of one letter, then a character of three bytes that the limit of 200 cuts.
    static let longMixed = String(repeating: "y", count: 199) + "日本"
    /// Texts beyond 200 bytes and what is left of them.
    static let cuts: [(raw: String, shown: String)] = [
        (longAscii, String(repeating: "x", count: 200) + "…"), (longMixed, String(repeating: "y", count: 199) + "…"),
    ]
}
