import Aggregation
import Testing

@Suite struct PathTemplateTests {
    @Test(arguments: [
        ("/", "/"), ("", "/"), ("/users/123", "/users/:id"), ("/users/123/orders/9", "/users/:id/orders/:id"),
        ("/a/550e8400-e29b-41d4-a716-446655440000", "/a/:id"), ("/commit/deadbeef42", "/commit/:id"),
        ("/facade/decade", "/facade/decade"), ("/blog/a-title-of-a-page", "/blog/a-title-of-a-page"),
        ("/search?q=1#top", "/search"), ("/mail/ann@example.com", "/mail/:address"), ("/v2/docs/", "/v2/docs/"),
        ("/t/Zx81k2Lm99aPq7R3", "/t/:id"), ("relative", "relative"),
    ])
    func `identifiers in messages become placeholders`(path: String, pattern: String) {
        #expect(PathTemplate.of(path) == pattern)
    }

    @Test func `a pattern is cut at a character`() {
        let long = String(repeating: "/ä", count: 200)
        let pattern = PathTemplate.of(long)
        #expect(pattern.hasSuffix("…"))
        #expect(pattern.utf8.count <= 203)
        #expect(!pattern.contains("\u{FFFD}"))
    }
}
