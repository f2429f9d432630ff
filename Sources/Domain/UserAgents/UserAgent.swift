/// A browser's identity by its user agent and client hints.
package struct UserAgent: Sendable, Equatable {
    /// `Chrome`, `Edge`, `Firefox`, `Safari`, …; `Other` when it is unknown.
    package var browser = BrowserNames.other
    /// The major version.
    package var version: Int?
    /// `Windows`, `macOS`, `iOS`, `Android`, `ChromeOS`, `Linux`, …; `Other` when it is unknown.
    package var system = BrowserNames.other
    /// As precise as it is known: `11`, `18.6`, `10 or later` where all later versions report the same.
    package var systemVersion: String?
    package var device = DeviceClass.desktop
    /// The reasons why it is a bot; empty for a human.
    package var botReasons: [BotReason] = []

    package init() {}
}

/// A reason why a session counts as a bot by its user agent.
///
/// Contract/bots.json has the labels.
package enum BotReason: String, Sendable, CaseIterable {
    case missing = "no user agent"
    /// crawler-user-agents lists it, or the general rules find it.
    case bot = "bot user agent"
    case headless = "headless browser"
}

/// The kind of device that a browser runs on.
package enum DeviceClass: String, Sendable, CaseIterable {
    case desktop = "Desktop"
    case mobile = "Mobile"
    case tablet = "Tablet"
    case tv = "TV"
    case console = "Console"
}
