/// Maps names of the kept rules and of client hints to the names of browsers and systems in reports.
enum BrowserNames {
    static let other = "Other"
    /// The most bytes of a name of the kept rules; some of them take it from the agent.
    private static let nameBytesMax = 40

    /// Names of uap-core that differ in reports: a browser has one name on all devices.
    private static let browsers: [String: String] = [
        "Chrome Mobile": "Chrome", "Chrome Mobile iOS": "Chrome", "HeadlessChrome": "Chrome",
        "Chrome Mobile WebView": "Android WebView", "Android": "Android Browser",
        "Edge Mobile": "Edge", "Firefox Mobile": "Firefox", "Firefox iOS": "Firefox", "Firefox Beta": "Firefox",
        "Firefox Alpha": "Firefox", "Mobile Safari": "Safari", "Mobile Safari UI/WKWebView": "iOS WebView",
        "Opera Mobile": "Opera", "Opera Tablet": "Opera", "IE": "Internet Explorer", "IE Mobile": "Internet Explorer",
        "DuckDuckGo Mobile": "DuckDuckGo", "QQ Browser Mobile": "QQ Browser", "MiuiBrowser": "Mi Browser",
        "VivoBrowser": "Vivo Browser", "Brave Mobile": "Brave", "Vivaldi Mobile": "Vivaldi",
        "Ecosia Android": "Ecosia", "Ecosia iOS": "Ecosia", "Aloha Browser": "Aloha", "NetFront NX": "NetFront",
    ]

    /// Brands in client hints of browsers whose user agent claims to be Chrome.
    private static let brands: [String: String] = [
        "Brave": "Brave", "Microsoft Edge": "Edge", "Microsoft Edge WebView2": "Edge WebView", "Opera": "Opera",
        "Opera GX": "Opera GX", "Vivaldi": "Vivaldi", "YaBrowser": "Yandex Browser", "Yandex": "Yandex Browser",
        "Samsung Internet": "Samsung Internet", "DuckDuckGo": "DuckDuckGo", "Whale": "Whale", "Arc": "Arc",
        "Android WebView": "Android WebView", "Avast Secure Browser": "Avast Secure Browser",
        "AVG Secure Browser": "AVG Secure Browser", "Norton Private Browser": "Norton Private Browser",
        "Ecosia": "Ecosia", "Perplexity": "Comet", "ChatGPT Atlas": "ChatGPT Atlas",
    ]

    private static let systems: [String: String] = [
        "Mac OS X": "macOS", "Mac OS": "macOS", "Chrome OS": "ChromeOS", "Chromium OS": "ChromeOS",
        "ATV OS X": "tvOS", "WatchOS": "watchOS", "Web0S": "webOS", "webOS": "webOS", "Windows CE": "Windows Mobile",
        "Ubuntu": "Linux", "Debian": "Linux", "Fedora": "Linux", "Gentoo": "Linux", "SUSE": "Linux", "Red Hat": "Linux",
        "CentOS": "Linux", "Arch Linux": "Linux", "Linux Mint": "Linux", "Kubuntu": "Linux", "Mandriva": "Linux",
        "Mageia": "Linux", "Slackware": "Linux", "Lubuntu": "Linux", "Xubuntu": "Linux", "PCLinuxOS": "Linux",
        "VectorLinux": "Linux", "BlackBerry Tablet OS": "BlackBerry OS", "Chromecast Android": "Chromecast",
        "Chromecast Fuchsia": "Chromecast", "Chromecast Linux": "Chromecast", "Chromecast SmartSpeaker": "Chromecast",
        "Nokia Series 30 Plus": "Series 30+", "Nokia Series 40": "Series 40", "Symbian^3": "Symbian OS",
        "Symbian^3 Anna": "Symbian OS", "Symbian^3 Belle": "Symbian OS",
    ]
    /// The names of uap-core that are used unchanged.
    ///
    /// Other names are those of TV manufacturers, which the rules take from the agent.
    private static let keptSystems: Set<String> = [
        "Windows", "Windows Phone", "Windows Mobile", "iOS", "tvOS", "watchOS", "Android", "Linux", "macOS", "ChromeOS",
        "FreeBSD", "OpenBSD", "NetBSD", "Solaris", "Tizen", "KaiOS", "HarmonyOS", "Fuchsia", "Firefox OS", "Maemo",
        "MeeGo", "Bada", "BREW", "BlackBerry OS", "Symbian OS", "Roku", "GoogleTV", "Kindle",
    ]

    static func browser(_ name: String) -> String {
        guard !name.isEmpty else { return other }
        return browsers[name] ?? String(decoding: name.utf8.prefix(nameBytesMax), as: UTF8.self)
    }

    static func brand(_ name: String) -> String? { brands[name] }

    static func system(_ name: String) -> String {
        let system = systems[name] ?? name
        return keptSystems.contains(system) || systems.values.contains(system) ? system : other
    }
}
