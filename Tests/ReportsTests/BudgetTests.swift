import Reports
import Segments
import Testing

@Suite struct `A list of budgets` {
    @Test func `has metrics in any case, with limits in their units`() throws {
        let budgets = try Budget.list(
            "LCP.p75<=2500, inp.P95 <= 200ms,CLS.p50<=0.1,TTFB.p90<=0.8s,error_rate<=0.5%,bounce_rate<=40%"
        )
        #expect(
            budgets == [
                Budget(metric: .percentile(.lcp, .p75), limit: 2500),
                Budget(metric: .percentile(.inp, .p95), limit: 200),
                Budget(metric: .percentile(.cls, .p50), limit: 0.1),
                Budget(metric: .percentile(.ttfb, .p90), limit: 800),
                Budget(metric: .errorRate, limit: 0.005), Budget(metric: .bounceRate, limit: 0.4),
            ]
        )
    }

    @Test(arguments: BudgetMetric.usual) func `names metrics as they are shown`(metric: BudgetMetric) throws {
        #expect(try BudgetMetric(metric.name) == metric)
    }

    @Test(arguments: [
        ("", "METRIC<=LIMIT"), ("LCP.p75", "METRIC<=LIMIT"), ("LCP.p75<2500", "METRIC<=LIMIT"),
        ("LCP.p75>=2500", "METRIC<=LIMIT"), ("LCP.p75<=2500,", "METRIC<=LIMIT"), ("LCP<=2500", "LCP.p75"),
        ("LCP.p80<=2500", "p50, p75, p90, p95"), ("LCP.p75.p50<=1", "p50, p75, p90, p95"),
        ("FID.p75<=100", "not 'fid.p75'"),
        ("LCP.p75<=", "must be a time"), ("LCP.p75<=fast", "must be a time"), ("LCP.p75<=-1", "must be a time"),
        ("LCP.p75<=nan", "must be a time"), ("LCP.p75<=1e3", "must be a time"), ("LCP.p75<=2.5m", "must be a time"),
        ("LCP.p75<=99999999999", "must be a time"), ("CLS.p75<=100ms", "must be a number"),
        ("error_rate<=0.5", "must be in percent"), ("bounce_rate<=x%", "must be in percent"),
        ("LCP.p75<=1,lcp.p75<=2", "two budgets for LCP.p75"),
    ])
    func `that is wrong is refused with what is right`(text: String, part: String) throws {
        let error = #expect(throws: ReportError.self) { _ = try Budget.list(text) }
        guard case .refused(let sentence) = try #require(error) else { return #expect(Bool(false), "\(text)") }
        #expect(sentence.contains(part), "\(sentence)")
    }

    @Test func `has a largest length`() {
        let names = ["LCP", "INP", "CLS", "FCP", "TTFB"].flatMap { vital in
            ["p50", "p75", "p90", "p95"].map { "\(vital).\($0)<=1" }
        }
        #expect(throws: Never.self) { try Budget.list(names.joined(separator: ",")) }
        let many = Array(repeating: "", count: Budget.budgetsMax + 1).joined(separator: ",")
        #expect(throws: ReportError.self) { try Budget.list(many) }
    }
}

@Suite struct `The result of a budget` {
    private static let budget = Budget(metric: .percentile(.lcp, .p75), limit: 2500)

    private static func outcome(
        _ value: Double?,
        _ lower: Double?,
        _ upper: Double?,
        samples: Int64 = 500,
        isStrict: Bool = false
    ) -> BudgetOutcome {
        let interval = ConfidenceInterval(lower: lower, upper: upper)
        let figure = BudgetFigure(metric: budget.metric, value: value, interval: interval, samples: samples)
        return budget.outcome(figure, samplesMin: 500, isStrict: isStrict)
    }

    @Test(
        arguments: [
            // Value, interval, result, and result of a strict check.
            (2000, 1900, 2400, .pass, .pass), (2500, 2400, 2500, .pass, .pass), (2400, 2300, 2600, .pass, .uncertain),
            (2400, 2300, nil, .pass, .uncertain), (2600, 2450, 2700, .uncertain, .fail),
            (2600, 2500, 2700, .uncertain, .fail),
            (2600, nil, 2700, .uncertain, .fail), (2600, 2501, 2700, .fail, .fail),
        ] as [(Double, Double?, Double?, BudgetOutcome, BudgetOutcome)]
    )
    func `depends on the value and its interval`(
        value: Double,
        lower: Double?,
        upper: Double?,
        expected: BudgetOutcome,
        strict: BudgetOutcome
    ) {
        #expect(Self.outcome(value, lower, upper) == expected)
        #expect(Self.outcome(value, lower, upper, isStrict: true) == strict)
    }

    @Test(arguments: [false, true]) func `is unknown below the smallest number of samples`(isStrict: Bool) {
        #expect(Self.outcome(9000, 8000, 10_000, samples: 499, isStrict: isStrict) == .notEnoughData)
        #expect(Self.outcome(9000, 8000, 10_000, samples: 500, isStrict: isStrict) == .fail)
        #expect(Self.outcome(nil, nil, nil, isStrict: isStrict) == .notEnoughData)
    }
}

@Suite struct `A difference between releases` {
    private static func figure(_ value: Double?, _ lower: Double, _ upper: Double) -> BudgetFigure {
        let interval = ConfidenceInterval(lower: lower, upper: upper)
        return BudgetFigure(metric: .percentile(.lcp, .p75), value: value, interval: interval, samples: 1000)
    }

    @Test func `is worse or better only if its interval does not contain 0`() {
        let earlier = Self.figure(2000, 1950, 2050)
        #expect(BudgetDifference(Self.figure(2200, 2150, 2250), since: earlier)?.direction == .worse)
        #expect(BudgetDifference(Self.figure(1800, 1750, 1850), since: earlier)?.direction == .better)
        #expect(BudgetDifference(Self.figure(2050, 2000, 2100), since: earlier)?.direction == .unclear)
        #expect(BudgetDifference(Self.figure(nil, 0, 0), since: earlier) == nil)
    }
}
