import Segments
import Testing

@testable import Reports

@Suite struct ReportFilterTests {
    private static let texts = ["", "(other)", "/", "/blog", "/blog/a", "/blog/a/b", "/shop"]

    private func passed(_ name: String, _ values: [String]) throws -> [String] {
        var steps = ReportFilter.stepsMax
        let codes = try ReportFilter(name, "path", values).codes(Self.texts, steps: &steps)
        return codes.sorted().map { Self.texts[Int($0)] }
    }

    @Test func `operators select texts, negated ones all others`() throws {
        #expect(try passed("is", ["/", "/shop", "/nowhere"]) == ["/", "/shop"])
        #expect(try passed("is_not", ["/", "/shop"]) == ["", "(other)", "/blog", "/blog/a", "/blog/a/b"])
        #expect(try passed("contains", ["log/", "hop"]) == ["/blog/a", "/blog/a/b", "/shop"])
        #expect(try passed("contains_not", ["/"]) == ["", "(other)"])
        #expect(try passed("matches", ["/blog/*"]) == ["/blog/a"])
        #expect(try passed("matches", ["/blog/**"]) == ["/blog/a", "/blog/a/b"])
        #expect(try passed("matches", ["/blog**"]) == ["/blog", "/blog/a", "/blog/a/b"])
        #expect(try passed("matches_not", ["/**"]) == ["", "(other)"])
    }

    @Test func `none is the empty text`() throws {
        for name in ["", "(none)"] {
            #expect(try passed("is", [name]) == [""])
            #expect(try passed("is_not", [name]).count == Self.texts.count - 1)
        }
    }

    @Test(arguments: [
        ("*", "a", true), ("*", "a/b", false), ("**", "a/b", true), ("**", "", true), ("", "", true), ("", "a", false),
        ("a*c", "abbc", true), ("a*c", "ab/c", false), ("a**c", "ab/c", true), ("*/x/*", "a/x/b", true),
        ("***", "a/b", true), ("/ä*", "/äß", true), ("a", "A", false),
        ("**a**a**a**a**b", String(repeating: "a", count: 200), false),
    ])
    func `wildcards stay within a part of a path, double ones do not`(pattern: String, text: String, isMatch: Bool) {
        var steps = 0
        #expect(Wildcard(pattern).matches(Array(text.utf8), steps: &steps) == isMatch)
    }

    @Test(arguments: ["matches", "contains"])
    func `filters that take too long are refused with a sentence`(name: String) throws {
        let text = String(repeating: "a", count: 200)
        let texts = [String](repeating: text, count: 50_000)
        let value =
            name == "matches" ? "**a**a**a**" + String(repeating: "a", count: 150) + "b" : text.dropLast(50) + "b"
        let filter = try ReportFilter(name, "path", [String](repeating: value, count: 50))
        var steps = 1_000_000
        #expect(throws: ReportError.self) { try filter.codes(texts, steps: &steps) }
        steps = 1_000_000
        #expect(try filter.codes(Array(texts.prefix(1)), steps: &steps).isEmpty)
    }
}
