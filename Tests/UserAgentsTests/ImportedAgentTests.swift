import Testing

@testable import UserAgents

private func agent(
    _ browser: String,
    _ version: String = "",
    _ system: String = "",
    _ systemVersion: String = "",
    _ device: String = ""
) -> UserAgent {
    UserAgent(browser: browser, version: version, system: system, systemVersion: systemVersion, device: device)
}

@Suite struct ImportedAgentTests {
    @Test(arguments: [
        ("edge-chromium", "Edge"), ("ios", "Safari"), ("crios", "Chrome"), ("Chrome Mobile", "Chrome"),
        ("Mobile Safari", "Safari"), ("Microsoft Edge", "Edge"), ("Samsung Browser", "Samsung Internet"),
        ("Vivaldi", "Vivaldi"),
        ("Unknown", "Other"), ("", "Other"),
    ])
    func `browsers of other products have the names of reports`(name: String, shown: String) {
        #expect(agent(name).browser == shown)
    }

    @Test(arguments: [
        ("Mac OS", "macOS"), ("Mac", "macOS"), ("GNU/Linux", "Linux"), ("Android OS", "Android"),
        ("Windows XP", "Windows"),
        ("Chrome OS", "ChromeOS"), ("iPadOS", "iOS"), ("Unknown", "Other"), ("", "Other"),
    ])
    func `systems of other products have the names of reports`(name: String, shown: String) {
        #expect(agent("", "", name).system == shown)
    }

    @Test func `versions are those of reports`() {
        let found = agent("Chrome", "126.0.1", "Mac", "14.2.1")
        #expect((found.version, found.systemVersion) == (126, "14.2"))
        #expect(agent("Chrome", "x", "Windows", "10").systemVersion == "10 or later")
        #expect(agent("Chrome", "x", "Windows", "XP").systemVersion == nil)
        #expect(agent("Chrome", "x").version == nil)
        #expect(agent("Chrome", "9999999999999999999999").version == nil)
    }

    @Test func `the device is that of the export, or follows from the system`() {
        #expect(agent("", "", "", "", "laptop").device == .desktop)
        #expect(agent("", "", "", "", "Smartphone").device == .mobile)
        #expect(agent("", "", "Android", "", "tablet").device == .tablet)
        #expect(agent("", "", "iOS").device == .mobile)
        #expect(agent("", "", "iPadOS").device == .tablet)
        #expect(agent("", "", "Linux", "", "unknown").device == .desktop)
    }

    @Test func `an imported agent is no bot`() { #expect(agent("").botReasons.isEmpty) }
}
