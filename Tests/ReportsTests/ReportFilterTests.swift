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

    @Test func `filters are read from JSON`() throws {
        let json =
            #" [["is", "browser", ["Chrome", "Edge"]], ["contains","path",["/bl\u006fg\"ä"]],["is","property:plan.name",["pro"]], ["is","visitor",["v_1"]]] "#
        let filters = try ReportFilter.list(json)
        #expect(filters.count == 4)
        #expect(filters[0].subject == .column(.browser))
        #expect(filters[0].values == ["Chrome", "Edge"])
        #expect(filters[1].operator == .contains)
        #expect(filters[1].values == ["/blog\"ä"])
        #expect(filters[2].subject == .property("plan.name"))
        #expect(filters[3].subject == .visitor)
        #expect(try ReportFilter.list("[]") == [])
    }

    @Test(arguments: [
        "", "{}", "null", "[", "[[]]", "[1]", #"["is","path",["a"]]"#, #"[["is","path","a"]]"#, #"[["is","path",[]]]"#,
        #"[["is","path",[1]]]"#, #"[["is","path",["a"]],]"#, #"[["is","path",["a"]]] x"#, #"[["is","path",["a"],1]]"#,
        #"[["like","path",["a"]]]"#, #"[["is","paths",["a"]]]"#, #"[["is","property:",["a"]]]"#,
        #"[["is_not","visitor",["a"]]]"#, #"[["contains","property:x",["a"]]]"#, #"[["is_not","event",["a"]]]"#,
        #"[["is","path",["\#(String(repeating: "x", count: 501))"]]]"#,
        #"[["matches","path",["\#(String(repeating: "x", count: 201))"]]]"#,
        #"[["matches_not","path",["\#(String(repeating: "*x", count: 9))"]]]"#,
        "[" + Array(repeating: #"["is","path",["a"]]"#, count: 13).joined(separator: ",") + "]",
        #"[["is","path",["# + Array(repeating: #""a""#, count: 51).joined(separator: ",") + "]]]",
        String(repeating: "[", count: 10_000), String(repeating: " ", count: 20_000) + "[]",
    ])
    func `filters that make no sense are refused with a sentence`(json: String) {
        do throws(ReportError) {
            _ = try ReportFilter.list(json)
            Issue.record("\(json) was taken")
        } catch {
            guard case .refused(let sentence) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(sentence.count > 20)
        }
    }
}
