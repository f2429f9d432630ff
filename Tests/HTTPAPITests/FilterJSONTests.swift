import Segments
import Testing

@testable import HTTPAPI
@testable import Reports

/// The parameter `filters`.
@Suite struct FilterJSONTests {
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
