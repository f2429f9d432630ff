extension UserAgent {
    /// The identity by the names of another product's export, which has no user agent; empty texts are unknown.
    ///
    /// It is no bot: these products leave bots out, or name them.
    package init(browser: String, version: String, system: String, systemVersion: String, device: String) {
        self.init()
        self.browser = ImportedNames.browser(browser)
        self.version = Int(version.prefix { $0.isASCII && $0.isNumber })
        self.system = ImportedNames.system(system)
        let parts = systemVersion.split(separator: ".", maxSplits: 2)
        let major = parts.first.map(String.init) ?? ""
        if self.system != BrowserNames.other, Int(major) != nil {
            let minor = parts.count > 1 && Int(parts[1]) != nil ? String(parts[1]) : ""
            self.systemVersion = SystemVersion.of(self.system, major: major, minor: minor)
        }
        self.device = ImportedNames.device(device, system: self.system, systemName: system)
    }
}

/// Maps the names of other products to those of reports.
///
/// Sources: `BROWSERS` and `OS_NAMES` of Umami, device-detector of Matomo, and gadget of GoatCounter. Names that they share with uap-core
/// are in `BrowserNames`.
private enum ImportedNames {
    private static let browsers: [String: String] = [
        "android": "Android Browser", "aol": "AOL", "chrome": "Chrome", "chromium-webview": "Android WebView",
        "chrome webview": "Android WebView", "crios": "Chrome", "curl": "curl",
        "duckduckgo privacy browser": "DuckDuckGo",
        "edge": "Edge", "edge-chromium": "Edge", "edge-ios": "Edge", "edge webview": "Edge WebView",
        "facebook": "Facebook",
        "firefox": "Firefox", "firefox mobile ios": "Firefox", "fxios": "Firefox", "ie": "Internet Explorer",
        "instagram": "Instagram", "ios": "Safari", "ios-webview": "iOS WebView", "kakaotalk": "KakaoTalk",
        "microsoft edge": "Edge", "miui": "Mi Browser", "miui browser": "Mi Browser", "mobile safari": "Safari",
        "opera": "Opera", "opera-mini": "Opera Mini", "safari": "Safari", "samsung": "Samsung Internet",
        "samsung browser": "Samsung Internet", "silk": "Amazon Silk", "yandexbrowser": "Yandex Browser",
    ]
    private static let systems: [String: String] = [
        "android os": "Android", "gnu/linux": "Linux", "ipados": "iOS", "mac": "macOS", "mac os": "macOS",
        "mac os x": "macOS", "windows mobile": "Windows Mobile", "windows phone": "Windows Phone",
    ]
    private static let devices: [String: DeviceClass] = [
        "desktop": .desktop, "laptop": .desktop, "mobile": .mobile, "smartphone": .mobile, "phablet": .mobile,
        "feature phone": .mobile, "tablet": .tablet, "tv": .tv, "smarttv": .tv, "console": .console,
    ]
    private static let mobileSystems: Set<String> = [
        "iOS", "Android", "Windows Phone", "Windows Mobile", "KaiOS", "BlackBerry OS",
    ]
    private static let unknown: Set<String> = ["", "unknown", "unk"]

    static func browser(_ name: String) -> String {
        let key = name.lowercased()
        return unknown.contains(key) ? BrowserNames.other : browsers[key] ?? BrowserNames.browser(name)
    }

    static func system(_ name: String) -> String {
        let key = name.lowercased()
        if key.hasPrefix("windows "), systems[key] == nil { return "Windows" }
        return systems[key] ?? BrowserNames.system(name)
    }

    /// An unknown device follows from the system.
    static func device(_ name: String, system: String, systemName: String) -> DeviceClass {
        if let device = devices[name.lowercased()] { return device }
        if systemName.lowercased() == "ipados" { return .tablet }
        return mobileSystems.contains(system) ? .mobile : .desktop
    }
}
