import Testing

@testable import Aggregation

@Test(arguments: [
    (nil, "(direct)"), ("", "(direct)"), ("https://www.example.org/b", "(self-referral)"),
    ("http://EXAMPLE.org", "(self-referral)"), ("https://example.org:8443/", "(self-referral)"),
    ("https://shop.example.org/", "shop.example.org"), ("https://www.Search.example/?q=1", "search.example"),
    ("https://search.example?q=@x", "search.example"), ("https://user:word@search.example/", "search.example"),
    ("https://[2001:db8::1]:80/", "[2001:db8::1]"),
    ("android-app://com.google.android.gm/", "android-app://com.google.android.gm"),
    ("ios-app://123/", "(other address)"), ("about:blank", "(other address)"), ("https://", "(other address)"),
    ("https:///path", "(other address)"), ("search.example/x", "(other address)"), ("\u{0}", "(other address)"),
    ("https://b\u{FC}cher.example/", "b\u{FC}cher.example"),
])
func `each referrer has one source`(referrer: String?, source: String) {
    #expect(Referrer.source(referrer, site: "www.example.org") == source)
    #expect(Referrer.source(referrer, site: "example.org") == source)
}
