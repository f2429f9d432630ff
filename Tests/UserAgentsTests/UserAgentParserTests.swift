import Testing

@testable import UserAgents

@Suite struct UserAgentParserTests {
    private static let webKit = "AppleWebKit/537.36 (KHTML, like Gecko)"
    private static let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
    private static let appleWebKit = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
    private static let iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) \(appleWebKit)"

    private static func text(_ agent: UserAgent) -> String {
        let system = [agent.system, agent.systemVersion].compactMap(\.self).joined(separator: " ")
        return "\(agent.browser) \(agent.version.map { String($0) } ?? "-"), \(system), \(agent.device.rawValue)"
    }

    @Test(arguments: [
        ("\(windows) \(webKit) Chrome/142.0.0.0 Safari/537.36", "Chrome 142, Windows 10 or later, Desktop"),
        ("\(windows) \(webKit) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge 142, Windows 10 or later, Desktop"),
        (
            "\(windows) \(webKit) Chrome/142.0.0.0 Safari/537.36 OPR/126.0.0.0",
            "Opera 126, Windows 10 or later, Desktop"
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) \(webKit) Chrome/142.0.0.0 Mobile Safari/537.36",
            "Chrome 142, Android 10 or later, Mobile"
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-X700) \(webKit) Chrome/142.0.0.0 Safari/537.36",
            "Chrome 142, Android 14, Tablet"
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145, Linux, Desktop"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox 145, Android 14, Mobile"),
        ("\(iPhone) Version/26.0 Mobile/15E148 Safari/604.1", "Safari 26, iOS 18.6, Mobile"),
        ("\(iPhone) CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1", "Chrome 142, iOS 18.6, Mobile"),
        ("\(iPhone) FxiOS/145.0 Mobile/15E148 Safari/605.1.15", "Firefox 145, iOS 18.6, Mobile"),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) \(appleWebKit) Version/18.6 Mobile/15E148 "
                + "Safari/604.1",
            "Safari 18, iOS 18.6, Tablet"
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) \(appleWebKit) Version/26.0 Safari/605.1.15",
            "Safari 26, macOS 10.15 or later, Desktop"
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S918B) \(webKit) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
            "Samsung Internet 28, Android 14, Mobile"
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A; wv) \(webKit) Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36",
            "Android WebView 142, Android 14, Mobile"
        ),
        (
            "\(iPhone) Mobile/15E148 Instagram 400.0.0.20 (iPhone15,2; iOS 18_6; en_US; en; scale=3.00; 1179x2556; 1)",
            "Instagram 400, iOS 18.6, Mobile"
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) \(webKit) Chrome/142.0.0.0 Safari/537.36",
            "Chrome 142, ChromeOS 14541, Desktop"
        ),
        (
            "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) \(webKit) 94.0.4606.31/7.0 TV Safari/537.36",
            "Safari -, Tizen 7, TV"
        ),
        (
            "Mozilla/5.0 (Web0S; Linux/SmartTV) \(webKit) Chrome/94.0.4606.128 Safari/537.36 WebAppManager",
            "Chrome 94, webOS, TV"
        ),
        (
            "Mozilla/5.0 (PlayStation; PlayStation 5/6.50) \(appleWebKit) Version/13.0 Safari/605.1.15",
            "Safari 13, Other, Console"
        ),
    ])
    func `browsers are named although each calls itself by the names of others`(text: String, expected: String) {
        let agent = UserAgentParser.shared.parse(text)
        #expect(Self.text(agent) == expected)
        #expect(agent.botReasons == [])
    }

    @Test(arguments: [
        "curl/8.5.0", "Googlebot-Image/1.0", "AdsBot-Google (+http://www.google.com/adsbot.html)", "GoogleOther",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) \(webKit) Chrome/142.0.0.0 Mobile Safari/537.36 "
            + "(compatible; GoogleOther)",
        "Mozilla/5.0 \(webKit); compatible; GPTBot/1.2; +https://openai.com/gptbot",
        "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example)", "python-requests/2.32.3",
        "Go-http-client/2.0",
        "axios/1.7.9", "okhttp/4.12.0", "Apache-HttpClient/4.5.14 (Java/17.0.9)", "ExampleReader 3 (owner@example.org)",
        "Mozilla/5.0 (compatible; Example)", "Mozilla/5.0 (Example/1.0)", "Example/2.0",
        "\(windows) \(webKit) Chrome/142.0.0.0 Safari/537.36 ExampleSiteMonitor/1.0",
    ])
    func `bots are found, in the list or not`(text: String) {
        #expect(UserAgentParser.shared.parse(text).botReasons == [.bot])
    }

    @Test func `headless browsers are bots, and so are clients without a user agent`() {
        let headless = "Mozilla/5.0 (X11; Linux x86_64) \(Self.webKit) HeadlessChrome/142.0.0.0 Safari/537.36"
        #expect(UserAgentParser.shared.parse(headless).botReasons.contains(.headless))
        #expect(UserAgentParser.shared.parse(headless).browser == "Chrome")
        #expect(UserAgentParser.shared.parse(nil).botReasons == [.missing])
        #expect(UserAgentParser.shared.parse("").botReasons == [.missing])
    }

    @Test func `the name of an Android device makes no bot`() {
        let phone = "Mozilla/5.0 (Linux; Android 13; Spider Bot 8) \(Self.webKit) Chrome/142.0.0.0 Mobile Safari/537.36"
        #expect(UserAgentParser.shared.parse(phone).botReasons == [])
    }

    @Test func `client hints name the version of Windows and browsers that call themselves Chrome`() {
        let chrome = UserAgentParser.shared.parse("\(Self.windows) \(Self.webKit) Chrome/142.0.0.0 Safari/537.36")
        func hinted(_ brands: [String], _ version: String) -> String {
            Self.text(chrome.with(ClientHints(brands: brands, platform: "Windows", platformVersion: version)))
        }
        #expect(hinted(["Chromium", "Google Chrome"], "15.0.0") == "Chrome 142, Windows 11, Desktop")
        #expect(hinted(["Chromium", "Google Chrome"], "10.0.0") == "Chrome 142, Windows 10, Desktop")
        #expect(hinted(["Not A;Brand", "Chromium", "Brave"], "13.0.0") == "Brave 142, Windows 11, Desktop")
        #expect(hinted([], "0.3.0") == "Chrome 142, Windows 10 or later, Desktop")
        #expect(hinted([], "no version") == "Chrome 142, Windows 10 or later, Desktop")
        #expect(chrome.with(nil) == chrome)
        let safari = UserAgentParser.shared.parse("\(Self.iPhone) Version/26.0 Mobile/15E148 Safari/604.1")
        #expect(safari.with(ClientHints(brands: ["Brave"])).browser == "Safari")
    }

    @Test func `a client that sends a new user agent each time takes no more memory`() {
        for index in 0..<(2 * UserAgentParser.agentsMax) {
            _ = UserAgentParser.shared.parse("Example/\(index)")
        }
        #expect(UserAgentParser.shared.agents <= UserAgentParser.agentsMax)
    }

    @Test func `an agent that is in use stays in the cache`() {
        var cache = AgentCache(agentsMax: 4)
        cache.insert("used", UserAgent())
        for index in 0..<100 {
            cache.insert("\(index)", UserAgent())
            #expect(cache.find("used") != nil)
            #expect(cache.count <= 4)
        }
        #expect(cache.find("0") == nil)
    }

    /// Bytes that keep a search going: many starts, and no end.
    @Test(arguments: [
        String(repeating: "Mozilla/5.0 (Linux; Android ", count: 40), String(repeating: "bot", count: 340),
        String(repeating: "a", count: 1_024), String(repeating: "HbbTV/1.1.1 (;", count: 70),
        String(repeating: "\u{FFFD}", count: 900), String(repeating: "[FB", count: 340) + ";",
    ])
    func `no text takes long`(text: String) {
        let clock = ContinuousClock()
        let fastest = (0..<5).map { index in
            clock.measure { _ = UserAgentParser.shared.parse("\(index)" + text) }
        }.min()
        #expect(fastest! < .milliseconds(50))
    }
}
