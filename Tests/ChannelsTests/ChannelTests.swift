import Testing

import Channels

/// Campaign parameters and a referrer, and the channel that they make.
struct ArrivalCase: Sendable, CustomTestStringConvertible {
    var host: String?
    var source: String?
    var medium: String?
    var clickID: String?
    var channel: String

    var testDescription: String { "\(host ?? "-") \(source ?? "-") \(medium ?? "-") \(clickID ?? "-")" }

    static let all: [ArrivalCase] = [
        .init(channel: "Direct"),
        .init(host: "google.com", channel: "Organic search"),
        .init(host: "google.co.uk", channel: "Organic search"),
        .init(host: "images.google.de", channel: "Organic search"),
        .init(host: "bing.com", channel: "Organic search"),
        .init(host: "duckduckgo.com", channel: "Organic search"),
        .init(host: "search.brave.com", channel: "Organic search"),
        .init(host: "com.google.android.googlequicksearchbox", channel: "Organic search"),
        .init(host: "mail.google.com", channel: "Email"),
        .init(host: "com.google.android.gm", channel: "Email"),
        .init(host: "outlook.live.com", channel: "Email"),
        .init(host: "docs.google.com", channel: "Referral"),
        .init(host: "classroom.google.com", channel: "Referral"),
        .init(host: "meet.google.com", channel: "Referral"),
        .init(host: "chat.google.com", channel: "Referral"),
        .init(host: "aws.amazon.com", channel: "Referral"),
        .init(host: "r.search.yahoo.com", channel: "Organic search"),
        .init(host: "m.baidu.com", channel: "Organic search"),
        .init(host: "suche.t-online.de", channel: "Organic search"),
        .init(host: "gemini.google.com", channel: "AI assistants"),
        .init(host: "chatgpt.com", channel: "AI assistants"),
        .init(host: "perplexity.ai", channel: "AI assistants"),
        .init(host: "claude.ai", channel: "AI assistants"),
        .init(host: "copilot.microsoft.com", channel: "AI assistants"),
        .init(host: "l.facebook.com", channel: "Organic social"),
        .init(host: "out.reddit.com", channel: "Organic social"),
        .init(host: "t.co", channel: "Organic social"),
        .init(host: "news.ycombinator.com", channel: "Organic social"),
        .init(host: "bsky.app", channel: "Organic social"),
        .init(host: "notgoogle.com", channel: "Referral"),
        .init(host: "github.com", channel: "Referral"),
        .init(host: "blog.example", channel: "Referral"),
        .init(host: "com", channel: "Referral"),
        .init(source: "google", medium: "cpc", channel: "Paid search"),
        .init(host: "google.com", clickID: "gclid", channel: "Paid search"),
        .init(source: "Facebook", medium: "Paid", channel: "Paid social"),
        .init(source: "instagram.com", medium: "cpc", channel: "Paid social"),
        .init(source: "x", medium: "paid-social", channel: "Paid social"),
        .init(source: "partner.example", medium: "cpc", channel: "Paid other"),
        .init(clickID: "dclid", channel: "Display"),
        .init(source: "google", medium: "display", channel: "Display"),
        .init(source: "spring", medium: "affiliate", channel: "Affiliates"),
        .init(source: "newsletter", channel: "Email"),
        .init(source: "spring", medium: "E-Mail", channel: "Email"),
        .init(host: "google.com", source: "newsletter", medium: "email", channel: "Email"),
        .init(source: "chatgpt.com", channel: "AI assistants"),
        .init(source: "Suche.T-Online.de", channel: "Organic search"),
        .init(source: "www.google.com", channel: "Organic search"),
        .init(source: "facebook", medium: "social", channel: "Organic social"),
        .init(source: "example", medium: "social media", channel: "Organic social"),
        .init(source: "google", medium: "organic", channel: "Organic search"),
        .init(source: "example", medium: "qr", channel: "Other campaigns"),
        .init(host: "blog.example", source: "example", channel: "Other campaigns"),
        .init(source: "", medium: "", channel: "Direct"),
    ]
}

struct ChannelTests {
    @Test(arguments: ArrivalCase.all)
    func `a referrer and campaign parameters make one channel`(_ known: ArrivalCase) {
        var arrival = Arrival()
        (arrival.host, arrival.source, arrival.medium) = (known.host, known.source, known.medium)
        arrival.clickID = known.clickID
        #expect(arrival.channel() == known.channel)
    }

    @Test func `another campaign parameter makes a campaign of a visit without a source`() {
        var arrival = Arrival()
        arrival.hasCampaign = true
        #expect(arrival.channel() == "Other campaigns")
        arrival.host = "google.com"
        #expect(arrival.channel() == "Organic search")
    }

    @Test func `a referrer whose host is unknown is a referral`() {
        var arrival = Arrival()
        arrival.hasOtherReferrer = true
        #expect(arrival.channel() == "Referral")
    }

    @Test func `a host of many labels and a long source are looked up in bounded steps`() {
        var arrival = Arrival()
        arrival.host = Array(repeating: "a", count: 900).joined(separator: ".") + ".google.com"
        #expect(arrival.channel() == "Referral")
        arrival.source = String(repeating: "google", count: 50)
        #expect(arrival.channel() == "Other campaigns")
    }
}
