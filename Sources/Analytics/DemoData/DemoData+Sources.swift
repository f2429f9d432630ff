import Numbers

extension DemoData {
    /// Referrers of sessions, as often as they are listed; the empty one is none.
    private static let referrers = [
        "", "", "", "", "https://www.google.com/", "https://www.google.com/", "https://duckduckgo.com/",
        "https://news.ycombinator.com/", "https://blog.example/", "https://www.linkedin.com/",
        "https://www.reddit.com/", "https://chatgpt.com/", "https://www.perplexity.ai/",
    ]
    private static let campaigns = [
        #"{"utm_source":"newsletter","utm_medium":"email","utm_campaign":"autumn","utm_content":"button"}"#,
        #"{"utm_source":"newsletter","utm_medium":"email","utm_campaign":"autumn","utm_content":"image"}"#,
        #"{"utm_source":"google","utm_medium":"cpc","utm_campaign":"brand","utm_term":"shop"}"#,
        #"{"utm_source":"linkedin","utm_medium":"paid_social","utm_campaign":"launch"}"#,
    ]
    /// The start of paths of pages that the site has removed.
    static let missing = "/old/"

    /// The referrer of a session, by a random number from 0 to 1.
    static func referrer(by unit: Double) -> String { referrers[Int(saturating: unit * Double(referrers.count))] }

    /// The campaign parameters of a session as JSON, by a random number from 0 to 1: one of ten sessions has some.
    static func campaign(by unit: Double) -> String {
        unit < 0.1 ? campaigns[Int(saturating: unit * 10 * Double(campaigns.count))] : "{}"
    }
}
