import HTTPAPI
import Reports
import Segments
import Testing

@testable import collector

@Suite struct `A check of budgets` {
    private static let lcp = BudgetMetric.percentile(.lcp, .p75)
    private static let cls = BudgetMetric.percentile(.cls, .p75)

    private static func figure(
        _ metric: BudgetMetric,
        _ value: Double?,
        _ lower: Double?,
        _ upper: Double?,
        samples: Int64 = 1234
    ) -> BudgetFigure {
        let interval = ConfidenceInterval(lower: lower, upper: upper)
        return BudgetFigure(metric: metric, value: value, interval: interval, samples: samples)
    }

    private static func check(
        _ budgets: String,
        _ figures: [BudgetFigure],
        earlier: [BudgetFigure]? = nil,
        isStrict: Bool = false
    ) throws -> BudgetCheck {
        let range = try ReportRange(from: 1_795_392_000, to: 1_795_996_800)
        func all(_ figures: [BudgetFigure]) -> BudgetFigures {
            BudgetFigures(range: range, pageViews: 1500, figures: figures)
        }
        return BudgetCheck(
            site: "shop.example",
            release: "1.4.2",
            budgets: budgets.isEmpty ? [] : try Budget.list(budgets),
            figures: all(figures),
            earlier: earlier.map { ("1.4.1", all($0)) },
            samplesMin: 100,
            isStrict: isStrict
        )
    }

    private static func json(_ check: BudgetCheck) -> String { String(decoding: check.json.encoded, as: UTF8.self) }

    @Test func `exits with the worst result`() throws {
        let good = Self.figure(Self.lcp, 2000, 1900, 2100)
        let close = Self.figure(.errorRate, 0.006, 0.004, 0.009)
        let bad = Self.figure(Self.cls, 0.3, 0.2, 0.4)
        let few = Self.figure(.bounceRate, 0.9, 0.8, 1, samples: 99)
        let budgets = ["LCP.p75<=2500", "error_rate<=0.5%", "CLS.p75<=0.1", "bounce_rate<=40%"]
        #expect(try Self.check(budgets[0], [good]).exitCode == .success)
        #expect(try Self.check("\(budgets[0]),\(budgets[1])", [good, close]).exitCode == .undecided)
        #expect(try Self.check("\(budgets[0]),\(budgets[1])", [good, close], isStrict: true).exitCode == .failure)
        #expect(try Self.check("\(budgets[0]),\(budgets[3])", [good, few]).exitCode == .undecided)
        #expect(try Self.check(budgets.joined(separator: ","), [good, close, bad, few]).exitCode == .failure)
        #expect(ExitCode.undecided.rawValue == 3)
    }

    @Test func `prints value, limit, interval, samples and result of each budget`() throws {
        let figures = [
            Self.figure(Self.lcp, 2612.5, 2501, 2700.25), Self.figure(Self.cls, 0.0834, 0.07, nil, samples: 12),
            Self.figure(.errorRate, 0.00632, 0.004, 0.0091), Self.figure(.bounceRate, nil, nil, nil, samples: 0),
        ]
        let lines = try Self.check("LCP.p75<=2500,CLS.p75<=0.1,error_rate<=0.5%,bounce_rate<=40%", figures).lines
        #expect(
            lines == [
                "Site shop.example, release 1.4.2, 2026-11-23 00:00 to 2026-11-30 00:00 (UTC): 1,500 page views",
                "",
                "fail             LCP.p75      2612.5 ms, limit 2500 ms (95 % interval 2501 to 2700.3 ms, 1,234 page views)",
                "not enough data  CLS.p75      0.083, limit 0.1 (95 % interval from 0.07, 12 of 100 page views)",
                "uncertain        error_rate   0.63 %, limit 0.5 % (95 % interval 0.4 to 0.91 %, 1,234 page views)",
                "not enough data  bounce_rate  no value, limit 40 % (no interval, 0 of 100 sessions)",
                "",
                "1 of 4 budgets exceeded, 3 of 4 budgets undecided. Wait for more page views, or choose a longer --range.",
            ]
        )
    }

    @Test func `shows more digits of a value that would look like its limit`() throws {
        let lines = try Self.check("LCP.p75<=2500", [Self.figure(Self.lcp, 2500.01, 2400, 2600)]).lines
        #expect(lines.contains { $0.contains("2500.01 ms, limit 2500 ms") })
    }

    @Test func `compares two releases`() throws {
        let new = [Self.figure(Self.lcp, 2200, 2150, 2250), Self.figure(.errorRate, 0.01, 0.005, 0.02, samples: 50)]
        let old = [Self.figure(Self.lcp, 2000, 1950, 2050), Self.figure(.errorRate, 0.02, 0.015, 0.03)]
        let check = try Self.check("", new, earlier: old)
        #expect(
            check.lines.dropFirst(2) == [
                "Compared with release 1.4.1, 1,500 page views:",
                "LCP.p75      2200 ms, before 2000 ms: +200 ms (95 % interval 129.3 to 270.7 ms), worse",
                "error_rate   1 %, before 2 %: -1 % (95 % interval -2.12 to 0.12 %), not enough data",
            ]
        )
        #expect(check.exitCode == .success)
        #expect(Self.json(check).contains(#""outcome":"worse""#))
        #expect(Self.json(check).contains(#""outcome":"not_enough_data""#))
    }

    @Test func `prints JSON with rates in percent`() throws {
        let text = Self.json(try Self.check("error_rate<=0.5%", [Self.figure(.errorRate, 0.00632, 0.004, nil)]))
        #expect(
            text.contains(
                #""metric":"error_rate","unit":"%","limit":0.5,"outcome":"uncertain","value":0.632,"lower":0.4,"upper":null,"samples":1234"#
            )
        )
        #expect(text.contains(#""conclusion":"undecided""#) && text.contains(#""comparison":null"#))
    }

    @Test func `hides control characters of names`() throws {
        let range = try ReportRange(from: 0, to: 60)
        let figures = BudgetFigures(range: range, pageViews: 0, figures: [])
        let check = BudgetCheck(
            site: "a\u{1B}[2J",
            release: nil,
            budgets: [],
            figures: figures,
            earlier: nil,
            samplesMin: 1,
            isStrict: false
        )
        #expect(!check.lines.joined().contains("\u{1B}"))
    }

    @Test(arguments: ["device", "=x", "device=", "nothing=x", "lcp_part=x"])
    func `refuses wrong filters`(text: String) {
        #expect(throws: ReportError.self) { _ = try CheckCommand.filter(text) }
    }

    @Test func `reads filters on values and without values`() throws {
        #expect(try CheckCommand.filter("device=Mobile") == ReportFilter("is", "device", ["Mobile"]))
        #expect(try CheckCommand.filter("path!=/a=b") == ReportFilter("is_not", "path", ["/a=b"]))
    }
}

@Suite struct `Arguments of a check` {
    @Test func `may repeat budgets and filters`() throws {
        let arguments = try Arguments([
            "check", "--site", "a", "--site=b", "--budget", "LCP.p75<=1", "--filter=x=y", "--budget=CLS.p75<=1",
            "--min-samples", "5",
            "--range", "30d", "--strict",
        ])
        #expect(arguments.texts(.budget) == ["LCP.p75<=1", "CLS.p75<=1"] && arguments.texts(.filter) == ["x=y"])
        #expect(arguments.text(.site) == "b" && arguments.number(.minSamples) == 5 && arguments.has(.strict))
        #expect(arguments.choice(.range) == "30d" && !arguments.printsJSON)
    }

    @Test(arguments: [
        ["check"], ["check", "--budget"], ["check", "--budget", ""], ["check", "--compare", "1"],
        ["check", "--budget", "x", "--min-samples", "0"], ["check", "--budget", "x", "--range", "8d"],
        ["check", "--budget", "x", "y"],
    ])
    func `that are wrong are usage errors`(words: [String]) {
        #expect(throws: UsageError.self) { _ = try Arguments(words) }
    }
}
