/// Reads one user agent by the rules.
struct AgentReading {
    private let bytes: [UInt8]
    private let candidates: RuleSet.Candidates

    init(_ bytes: [UInt8], _ rules: RuleSet) {
        self.bytes = bytes
        candidates = rules.candidates(bytes)
    }

    func agent(_ rules: inout RuleSet) -> UserAgent {
        var agent = UserAgent()
        if let browser = rules.first(.browser, of: candidates, bytes) {
            agent.browser = BrowserNames.browser(browser.name)
            agent.version = Int(browser.major)
        }
        if let system = rules.first(.system, of: candidates, bytes) {
            agent.system = BrowserNames.system(system.name)
            agent.systemVersion = SystemVersion.of(agent.system, major: system.major, minor: system.minor)
        }
        agent.device = device(&rules)
        if isBot(&rules) { agent.botReasons.append(.bot) }
        if has(.headless, &rules) { agent.botReasons.append(.headless) }
        return agent
    }

    private func has(_ kind: RuleTable.Kind, _ rules: inout RuleSet) -> Bool { rules.has(kind, of: candidates, bytes) }

    private func device(_ rules: inout RuleSet) -> DeviceClass {
        if has(.console, &rules) { return .console }
        if has(.tv, &rules) { return .tv }
        if has(.tablet, &rules) { return .tablet }
        if has(.android, &rules) { return has(.androidPhone, &rules) ? .mobile : .tablet }
        return has(.mobile, &rules) ? .mobile : .desktop
    }

    /// Whether the agent is a bot: one of the list, or one that names itself, has an address, or does not look like a
    /// browser.
    private func isBot(_ rules: inout RuleSet) -> Bool {
        if has(.crawler, &rules) || rules.has(.bot, of: candidates, withoutDevice) { return true }
        guard has(.browserHead, &rules) else { return !(has(.engine, &rules) && has(.platform, &rules)) }
        return starts(with: "mozilla/") && !has(.platform, &rules)
    }

    private func starts(with text: StaticString) -> Bool {
        bytes.count >= text.utf8CodeUnitCount
            && zip(bytes, text.description.utf8).allSatisfy { Self.lowercase($0) == $1 }
    }

    /// The agent with the name of an Android device replaced by dots: `Android 13; Spider 8)`.
    private var withoutDevice: [UInt8] {
        let marker = Array("android ".utf8)
        let last = bytes.count - marker.count
        guard last > 0,
            let start = (0..<last).first(where: { start in
                zip(bytes[start...], marker).allSatisfy { Self.lowercase($0) == $1 }
            })
        else { return bytes }
        func isEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ";") || byte == UInt8(ascii: ")") }
        guard let version = bytes[start...].firstIndex(where: isEnd), bytes[version] == UInt8(ascii: ";") else {
            return bytes
        }
        var result = bytes
        for index in bytes.indices[(version + 1)...] {
            if isEnd(bytes[index]) { break }
            result[index] = UInt8(ascii: ".")
        }
        return result
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
