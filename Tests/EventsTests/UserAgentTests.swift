import Events
import Testing

@Suite struct UserAgentTests {
    private static let webKit = "AppleWebKit/537.36 (KHTML, like Gecko)"

    @Test(arguments: [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) \(webKit) Chrome/142.0.0.0 Safari/537.36",
            "Chrome 142 Windows Desktop"
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) \(webKit) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge 142 Windows Desktop"
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) \(webKit) Chrome/142.0.0.0 Mobile Safari/537.36",
            "Chrome 142 Android Mobile"
        ),
        ("Mozilla/5.0 (Linux; Android 14; Tab) \(webKit) Chrome/142.0.0.0 Safari/537.36", "Chrome 142 Android Tablet"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145 Linux Desktop"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/26.0 Mobile Safari/604.1",
            "Safari 26 iOS Mobile"
        ),
        ("Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) CriOS/142.0 Mobile Safari/604.1", "Chrome 142 iOS Tablet"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/26.0 Safari/605.1.15", "Safari 26 macOS Desktop"),
        (
            "Mozilla/5.0 (Linux; Android 14) \(webKit) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari",
            "Samsung Internet 28 Android Mobile"
        ),
        ("something else", "Other - Other Desktop"),
    ])
    func `families are told apart although each calls itself by the names of others`(text: String, expected: String) {
        let agent = UserAgent(text)
        let version = agent.version.map { String($0) } ?? "-"
        #expect("\(agent.browser) \(version) \(agent.system) \(agent.device)" == expected)
        #expect(agent.botReasons.isEmpty)
    }

    @Test(arguments: [
        (nil, "no user agent"), ("", "no user agent"), ("curl/8.5.0", "user agent names a program"),
        ("Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example)", "user agent names a program"),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/142.0 Safari/537.36", "headless browser"),
    ])
    func `a program is known by what it says, and the reason is told`(text: String?, reason: String) {
        #expect(UserAgent(text).botReasons.contains(reason))
    }
}
