import Reports

extension Option {
    /// The samples that a budget needs unless `--min-samples` is given.
    static let samplesMinDefault: UInt64 = 100

    static let checkedSite = text("--site", "NAME", "check only this site")
    static let release = text("--release", "NAME", "check only this release")
    static let compareRelease = text(
        "--compare",
        "RELEASE",
        "also show the differences to this release; requires --release"
    )
    static let budget = text(
        "--budget",
        "LIST",
        "limits, such as 'LCP.p75<=2500,INP.p75<=200,CLS.p75<=0.1,error_rate<=0.5%'; can be repeated",
        repeats: true
    )
    static let minSamples = Option(
        name: "--min-samples",
        kind: .number(1...1_000_000_000),
        value: "N",
        summary:
            "page views (of bounce_rate: sessions) without which a budget has not enough data; default \(samplesMinDefault)"
    )
    static let strict = Option(
        name: "--strict",
        kind: .flag,
        value: nil,
        summary:
            "pass only if the whole confidence interval is within the limit, and fail as soon as the value is above"
    )
    static let range = Option(
        name: "--range",
        kind: .choice(NamedRange.allCases.map(\.rawValue)),
        value: "RANGE",
        summary: NamedRange.allCases.map(\.rawValue).joined(separator: ", ") + "; default 7d"
    )
    static let from = text("--from", "TIME", "start of the range: a date, an ISO 8601 time or seconds since 1970")
    static let to = text("--to", "TIME", "end of the range, which includes a date; default now")
    static let zone = text("--zone", "ZONE", "time zone of days, such as Europe/Berlin; default UTC")
    static let filter = text(
        "--filter",
        "FILTER",
        "only page views with a value of a dimension, such as device=Mobile, or without it: country!=DE; can be repeated, and all must match",
        repeats: true
    )
    static let checkJSON = Option(name: "--json", kind: .flag, value: nil, summary: "print the results as JSON")

    private static func text(
        _ name: String,
        _ value: String,
        _ summary: String,
        repeats: Bool = false
    ) -> Option {
        Option(name: name, kind: .text(repeats: repeats), value: value, summary: summary)
    }
}

extension CommandEntry {
    static let check = CommandEntry(
        command: .check,
        summary: "Compare vitals and rates of visitors with budgets, for CI",
        paragraphs: [
            "Reads the database directly, and prints for each budget the value, its 95 % confidence interval, the number of samples, and the result: pass, fail, uncertain (the value is above the limit, the lower end of its interval is not) or not enough data. Changes nothing; safe to run while the server is running.",
            "Metrics: LCP, INP, CLS, FCP and TTFB with p50, p75, p90 or p95, error_rate (errors per page view) and bounce_rate. Quote the budgets, because '<' redirects in shells.",
            "Exits with status 0 if all budgets pass, 1 if one fails, 3 if none fails but some are uncertain or have not enough data, and 2 after wrong arguments and if the figures cannot be read.",
        ],
        options: [
            .checkedSite, .release, .compareRelease, .budget, .minSamples, .strict, .range, .from, .to, .zone, .filter,
            .checkJSON, .data,
        ]
    )
}
