import Events

/// Reads rows of the CSV export of GoatCounter: one row for each page view or event.
///
/// The number before `Path` in the header is the version of the format. Source: "CSV exports" in the help of GoatCounter, and
/// `exportcsv.go` of its version 2.7.
struct GoatCounterRows {
    static let version = 2
    static let columns = [
        "2Path", "Title", "Event", "UserAgent", "Browser", "System", "Session", "Bot", "Referrer", "Referrer scheme",
        "Screen size",
        "Location", "FirstVisit", "Date",
    ]

    private var occurrences = RowOccurrences()

    mutating func item(_ row: CSVTable.Row) throws(RowProblem) -> ImportItem {
        guard let isEvent = Self.boolean(row["Event"]) else { throw RowProblem("Event is neither true nor false") }
        guard !isEvent else { return .leftOut(.events) }
        guard let bot = Int(row["Bot"].isEmpty ? "0" : row["Bot"]) else { throw RowProblem("Bot is no number") }
        guard bot == 0 else { return .leftOut(.bots) }
        guard let time = ISO8601.microseconds(Array(row["Date"].utf8)) else {
            throw RowProblem("Date is no date and time")
        }
        guard !row["2Path"].isEmpty else { throw RowProblem("Path is empty") }
        let session = Self.session(row["Session"])
        var view = ImportedView(
            identity: occurrences.identity(row.texts),
            // A session is all that GoatCounter knows of a visitor.
            visitor: session,
            session: session ?? "",
            time: time,
            path: ImportText.path(row["2Path"])
        )
        try Self.read(row["Referrer"], scheme: row["Referrer scheme"], &view)
        view.userAgent = row["UserAgent"]
        (view.agent.browser, view.agent.browserVersion) = ImportText.versioned(row["Browser"])
        (view.agent.system, view.agent.systemVersion) = ImportText.versioned(row["System"])
        let size = row["Screen size"].split(separator: ",", omittingEmptySubsequences: false)
        view.screen = ImportText.screen(size.first, size.dropFirst().first)
        let location = row["Location"].split(separator: "-", maxSplits: 1)
        view.country = location.first.map(String.init) ?? ""
        view.regionCode = location.count > 1 ? row["Location"] : ""
        return .view(view)
    }

    /// SQLite has numbers for booleans, PostgreSQL letters or words.
    private static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "t", "1": true
        case "false", "f", "0", "": false
        default: nil
        }
    }

    /// Nil when the site does not collect sessions: the id is empty or zero.
    private static func session(_ text: String) -> String? {
        text.allSatisfy { $0 == "0" || $0 == "-" } ? nil : text
    }

    /// `h` is the host and path of an address, `c` the value of a campaign parameter, `g` a name such as `Email`, `o` anything else.
    private static func read(_ referrer: String, scheme: String, _ view: inout ImportedView) throws(RowProblem) {
        switch scheme {
        case "h": view.referrer = referrer.isEmpty || referrer.contains("://") ? referrer : "https://\(referrer)"
        case "c": view.campaign = [ImportedView.Parameter(name: "utm_source", value: referrer)]
        case "g", "o", "": view.referrer = referrer
        default: throw RowProblem("Referrer scheme is none of h, g, c and o")
        }
    }
}
