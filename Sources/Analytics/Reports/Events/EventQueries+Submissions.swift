package import UserAgents
import Segments
package import Storage
import Aggregation

/// The latest submissions of `/collect`.
package struct SubmissionList: Sendable {
    package struct Submission: Sendable {
        package let id: Int64
        /// In microseconds since 1970.
        package let submittedAt: Int64?
        package let visitor: String?
        package let userAgent: UserAgent
        /// By `Vital.rawValue`; nil for a vital that was not reported.
        package let vitals: [Double?]
        package let errors: Int64
        /// The message of the first error.
        package let firstMessage: String?
    }

    package let submissions: [Submission]
    /// Whether there are more submissions than could be read.
    package let isCut: Bool
}

extension EventQueries {
    /// The most submissions of a list.
    static let submissionsMax: Int64 = 50

    /// The latest submissions with their vitals and errors.
    package func submissions() throws(StoreError) -> SubmissionList {
        let dialect = database.dialect
        let read = try database.bounded(
            """
            select id, \(dialect.microseconds("timestamp")), visitor_id, \(dialect.json("browser_info")),
                \(dialect.json("performance_data")), \(dialect.json("errors"))
            from debug_data order by id desc
            """,
            [],
            limit: Self.submissionsMax,
            milliseconds: ReadLimits.statementMilliseconds
        )
        return SubmissionList(
            submissions: read.rows.map(Self.submission),
            isCut: read.isCut && read.rows.count < Int(Self.submissionsMax)
        )
    }

    /// The browser of a submission, by its user agent and its client hints.
    private static func agent(_ browser: LazyJSON) -> UserAgent {
        UserAgentParser.shared.parse(browser["userAgent"].text).with(ClientHints(browser["clientHints"]))
    }

    private static func submission(_ row: [SQLValue]) -> SubmissionList.Submission {
        let vitals = LazyJSON(row[4].text ?? "")["webVitals"]
        let errors = LazyJSON(row[5].text ?? "").elements
        return SubmissionList.Submission(
            id: row[0].integer ?? 0,
            submittedAt: row[1].integer,
            visitor: row[2].text,
            userAgent: agent(LazyJSON(row[3].text ?? "")),
            vitals: Vital.allCases.map { vital in
                let reported = vitals[vital.name.uppercased()]
                return reported.number ?? reported["value"].number
            },
            errors: Int64(errors.count),
            firstMessage: errors.first?["message"].text
        )
    }
}
