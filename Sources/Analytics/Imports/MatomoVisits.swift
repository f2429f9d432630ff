import Events
import JSON

/// Reads visits of `Live.getLastVisitsDetails` of Matomo: a JSON array of visits with their actions.
///
/// Numbers may be texts. Source: `VisitorDetails.php` of the plugins Live, Actions, Referrers, DevicesDetection and UserCountry of
/// Matomo 5.
struct MatomoVisits {
    private static let pageView = "action"

    private let bytes: [UInt8]
    private var site: String?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Calls `body` with each action of each visit, its position, and the offset up to which the text was read, until it returns false.
    ///
    /// Throws `ImportError` when the text is not an array of visits of one site.
    mutating func each(_ body: (ImportItem, _ position: String, _ offset: Int) throws -> Bool) throws {
        try checkError()
        do {
            var cursor = try ArrayCursor(bytes.span, in: bytes.indices)
            var number = 0
            while let value = try cursor.next(bytes.span) {
                number += 1
                for (index, item) in try items(value, number).enumerated() {
                    let position = Self.position(number, action: index)
                    guard try body(item, position, value.range.upperBound) else { return }
                }
            }
        } catch is JSONError {
            throw ImportError(
                "the file is not a complete JSON array of visits: export it again with format=JSON; nothing was changed"
            )
        }
    }

    /// The response of the API to a request that failed, or for all sites.
    private func checkError() throws(ImportError) {
        guard let answer = JSONTexts(bytes, bytes.indices) else { return }
        if answer["result"] == "error" {
            throw ImportError(
                "Matomo responded with an error instead of visits: \(answer["message"].prefix(ImportLimits.quotedMax)); nothing was changed"
            )
        }
        throw ImportError(
            "the file has a JSON object instead of an array of visits: export one site with idSite=NUMBER; nothing was changed"
        )
    }

    private mutating func items(_ value: JSONValue, _ number: Int) throws(ImportError) -> [ImportItem] {
        func problem(_ text: String) -> [ImportItem] { [.problem(at: "visit \(number)", text: text)] }
        guard value.textError == nil, let visit = JSONTexts(bytes, value.range) else { return problem("no object") }
        let idSite = visit["idSite"]
        guard idSite == site ?? idSite else {
            throw ImportError(
                "visit \(number) is of site \(idSite.prefix(ImportLimits.quotedMax)), the first one is not: export one site with idSite=NUMBER; nothing "
                    + "was changed"
            )
        }
        site = idSite
        guard !visit["idVisit"].isEmpty else { return problem("idVisit is missing") }
        guard !visit["visitorId"].isEmpty else { return problem("visitorId is missing") }
        guard let list = visit.value("actionDetails"), list.kind == .array else {
            return problem("actionDetails is no array")
        }
        var items: [ImportItem] = []
        var isFirst = true
        do throws(JSONError) {
            var cursor = try ArrayCursor(bytes.span, in: list.range)
            while let action = try cursor.next(bytes.span) {
                let position = Self.position(number, action: items.count)
                do throws(RowProblem) {
                    let item = try item(action, index: items.count, visit, isFirst: isFirst)
                    if case .view = item { isFirst = false }
                    items.append(item)
                } catch { items.append(.problem(at: position, text: error.text)) }
            }
        } catch { return problem("actionDetails is no array") }
        return items
    }

    private static func position(_ visit: Int, action: Int) -> String { "visit \(visit), action \(action + 1)" }

    private func item(
        _ value: JSONValue,
        index: Int,
        _ visit: JSONTexts,
        isFirst: Bool
    ) throws(RowProblem) -> ImportItem {
        guard value.textError == nil, let action = JSONTexts(bytes, value.range) else { throw RowProblem("no object") }
        guard action["type"] == Self.pageView else { return .leftOut(.events) }
        guard let seconds = Int64(action["timestamp"]), (0...4_294_967_295).contains(seconds) else {
            throw RowProblem("timestamp is no number of seconds")
        }
        guard !action["url"].isEmpty else { throw RowProblem("url is missing") }
        let page = action["pageId"].isEmpty ? "\(seconds)/\(index)" : action["pageId"]
        var view = ImportedView(
            identity: "\(visit["idVisit"])/\(page)",
            visitor: visit["visitorId"],
            session: visit["idVisit"],
            time: seconds * 1_000_000,
            path: ImportText.path(action["url"])
        )
        if isFirst { Self.readSource(visit, &view) }
        view.language = visit["languageCode"]
        let resolution = visit["resolution"].split(separator: "x")
        view.screen = ImportText.screen(resolution.first, resolution.dropFirst().first)
        (view.country, view.regionCode, view.city) = (visit["countryCode"], visit["regionCode"], visit["city"])
        view.agent = ImportedAgent(
            browser: visit["browserName"],
            browserVersion: visit["browserVersion"],
            system: visit["operatingSystemName"],
            systemVersion: visit["operatingSystemVersion"],
            device: visit["deviceType"]
        )
        return .view(view)
    }

    /// The referrer and campaign of a visit, which its first page view has.
    private static func readSource(_ visit: JSONTexts, _ view: inout ImportedView) {
        view.referrer = visit["referrerUrl"]
        guard visit["referrerType"] == "campaign" else { return }
        let values = [
            ("utm_campaign", visit["referrerName"]), ("utm_term", visit["referrerKeyword"]),
            ("utm_source", visit["campaignSource"]), ("utm_medium", visit["campaignMedium"]),
            ("utm_content", visit["campaignContent"]),
        ]
        view.campaign = values.filter { !$0.1.isEmpty }.map { ImportedView.Parameter(name: $0.0, value: $0.1) }
    }
}

/// The members of a JSON object as texts.
struct JSONTexts {
    private let bytes: [UInt8]
    private var values: [String: JSONValue] = [:]

    /// Nil when the range is not an object.
    init?(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        do throws(JSONError) {
            var cursor = try ObjectCursor(bytes.span, in: range)
            while let member = try cursor.next(bytes.span) {
                values[String(decoding: bytes[member.name], as: UTF8.self)] = member.value
            }
        } catch { return nil }
    }

    func value(_ name: String) -> JSONValue? { values[name] }

    /// A text or the digits of a number; empty for other values, and for texts that cannot be stored.
    subscript(_ name: String) -> String {
        guard let value = values[name], value.textError == nil else { return "" }
        switch value.kind {
        case .number: return String(decoding: bytes[value.range], as: UTF8.self)
        case .string:
            guard value.hasEscapes else { return String(decoding: bytes[value.content], as: UTF8.self) }
            var text = Array(bytes[value.content])
            let count = text.count
            appendUnescaped(0..<count, to: &text)
            return String(decoding: text[count...], as: UTF8.self)
        default: return ""
        }
    }
}
