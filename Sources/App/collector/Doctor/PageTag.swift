import HTML
import HTTPClient

/// The tag of Collector on a page.
struct PageTag: Equatable, Sendable {
    let attributes: [String: String]
    /// The address of the script.
    let script: WebAddress
    /// The address to which events are posted.
    let endpoint: WebAddress
    let isModule: Bool

    private static let names: Set<String> = ["collector.js", "collector.mjs"]

    /// The types of classic scripts and modules; a script of any other type does not run.
    private static let types: Set<String> = [
        "", "module", "text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript",
        "application/ecmascript",
    ]

    /// Whether a type of its own, such as that of a consent manager, keeps it from running.
    var hasOtherType: Bool { !Self.types.contains(type) }
    var type: String { (attributes["type"] ?? "").lowercased().trimmingSpaces }
    /// Whether parsing of the page does not wait for it.
    var isDeferred: Bool { isModule || attributes["defer"] != nil || attributes["async"] != nil }

    private init?(_ element: HTMLElement, base: WebAddress) {
        guard element.name == "script", !element.isInert,
            let source = element.attributes["src"] ?? element.attributes["data-src"],
            let script = WebAddress(source.trimmingSpaces, base: base), script.isWeb,
            Self.names.contains(script.fileName)
        else { return nil }
        (attributes, self.script) = (element.attributes, script)
        isModule = script.fileName == "collector.mjs" || element.attributes["type"]?.lowercased() == "module"
        // The option is resolved against the base of the page; without it, `events` is next to the script.
        let given = element.attributes["data-endpoint"].flatMap { $0.isEmpty ? nil : $0 }
        guard let endpoint = given.flatMap({ WebAddress($0, base: base) }) ?? WebAddress("events", base: script)
        else { return nil }
        self.endpoint = endpoint
    }

    /// The tags of a page; `url` is its address.
    static func all(_ document: HTMLDocument, url: WebAddress) -> [PageTag] {
        let base = base(document, url: url)
        return document.elements.compactMap { PageTag($0, base: base) }
    }

    /// The address against which those of the page are resolved.
    static func base(_ document: HTMLDocument, url: WebAddress) -> WebAddress {
        let given = document.elements.first { $0.name == "base" && $0.attributes["href"] != nil }
        return given?.attributes["href"].flatMap { WebAddress($0.trimmingSpaces, base: url) } ?? url
    }

    /// The address of a module that an inline script imports; nil if there is none.
    static func inlineImport(_ document: HTMLDocument) -> String? {
        for element in document.elements where element.name == "script" && !element.isInert {
            let found = element.text.firstMatch(of: #/["'`]([^"'`\s]*\bcollector\.m?js)["'`]/#)
            if let found { return String(found.1) }
        }
        return nil
    }

    /// The policies of `meta` elements.
    static func metaPolicies(_ document: HTMLDocument) -> [String] {
        document.elements.filter {
            $0.name == "meta" && $0.attributes["http-equiv"]?.lowercased() == "content-security-policy"
        }.compactMap { $0.attributes["content"] }
    }
}

extension String {
    var trimmingSpaces: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
