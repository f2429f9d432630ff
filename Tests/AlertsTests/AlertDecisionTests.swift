import Testing

@testable import Alerts

/// Which alerts begin and end.
@Suite struct AlertDecisionTests {
    private func found(_ level: AlertFinding.Level, _ cause: String = "") -> AlertMeasurement {
        .measured(.init([AlertFinding(cause: cause, level, title: "figure", value: 7)]))
    }

    private func changes(
        _ kind: AlertKind,
        _ measurement: AlertMeasurement,
        _ open: [OpenAlert] = [],
        known: Set<String> = []
    ) -> [AlertChange] {
        AlertDecision.changes(kind, measurement, open: open, known: known)
    }

    @Test func `a figure beyond its threshold begins one alert`() {
        let finding = AlertFinding(.exceeded, title: "figure", value: 7)
        #expect(changes(.errorRate, found(.exceeded)) == [.fire(finding)])
        #expect(changes(.errorRate, found(.exceeded), [OpenAlert(id: "a", cause: "")]) == [])
        // The same cause may return once the alert is over.
        #expect(changes(.errorRate, found(.exceeded), known: [""]) == [.fire(finding)])
    }

    @Test func `a figure within its threshold ends an alert only after three evaluations in a row`() {
        var alert = OpenAlert(id: "a", cause: "")
        for count in 1..<AlertDecision.clearEvaluations {
            #expect(changes(.errorRate, found(.within), [alert]) == [.count(id: "a", count)])
            alert.clearCount = count
        }
        #expect(changes(.errorRate, found(.exceeded), [alert]) == [.count(id: "a", 0)])
        let within = AlertFinding(.within, title: "figure", value: 7)
        #expect(changes(.errorRate, found(.within), [alert]) == [.resolve(alert, within)])
    }

    @Test func `missing data neither begins nor ends an alert`() {
        let alert = OpenAlert(id: "a", cause: "", clearCount: 2)
        #expect(changes(.trafficDrop, .lacking("few"), [alert]) == [])
        #expect(changes(.trafficDrop, .lacking("few")) == [])
        #expect(changes(.rollupLag, found(.uncertain), [alert]) == [])
        #expect(changes(.rollupLag, found(.uncertain)) == [])
    }

    @Test func `each issue is a cause of its own, once`() {
        let both = AlertMeasurement.measured(
            .init([
                AlertFinding(cause: "one", .exceeded, title: "1"), AlertFinding(cause: "two", .exceeded, title: "2"),
                AlertFinding(cause: "two", .exceeded, title: "again"),
            ])
        )
        let fired = changes(.newIssue, both)
        #expect(fired.count == 2)
        let open = [OpenAlert(id: "a", cause: "one")]
        let second = AlertFinding(cause: "two", .exceeded, title: "2")
        #expect(changes(.newIssue, both, open, known: ["one"]) == [.fire(second)])
        // An issue that was reported before is not reported again.
        #expect(changes(.newIssue, both, known: ["one", "two"]) == [])
    }

    @Test func `an issue is over when it is not listed any more, unless the list is cut off`() {
        let alert = OpenAlert(id: "a", cause: "one")
        #expect(changes(.newIssue, .measured(.init([])), [alert]) == [.resolve(alert, nil)])
        #expect(changes(.newIssue, .measured(.init([], isComplete: false)), [alert]) == [])
        #expect(changes(.newIssue, found(.uncertain, "one"), [alert]) == [])
    }

    @Test func `a journal of another server has a cause of its own`() {
        let other = OpenAlert(id: "b", cause: "other")
        let own = AlertMeasurement.measured(
            .init([AlertFinding(cause: "own", .within, title: "empty")], isComplete: false)
        )
        #expect(changes(.journal, own, [other]) == [])
    }

    @Test func `a rule has at most as many open alerts as its limit, and goes on when some are over`() {
        let many = (0..<80).map { AlertFinding(cause: "\($0)", .exceeded, title: "issue") }
        let fired = changes(.newIssue, .measured(.init(many)))
        #expect(fired.count == AlertDecision.openMax)
        let open = (0..<AlertDecision.openMax).map { OpenAlert(id: "\($0)", cause: "\($0)") }
        #expect(changes(.newIssue, .measured(.init(many)), open, known: Set(open.map(\.cause))) == [])
        let left = changes(.newIssue, .measured(.init(Array(many.dropFirst(10)))), open, known: Set(open.map(\.cause)))
        #expect(left.count { if case .resolve = $0 { true } else { false } } == 10)
        #expect(left.count { if case .fire = $0 { true } else { false } } == 10)
    }

    @Test func `attempts are repeated after growing pauses, up to a limit`() {
        let pauses = (1...AlertRetry.attemptsMax).map { AlertRetry.seconds(afterAttempt: $0) }
        #expect(pauses.prefix(4) == [2, 4, 8, 16] && pauses.last == .some(nil))
        #expect(pauses.compactMap(\.self).allSatisfy { $0 <= 3600 })
        let hours = pauses.compactMap(\.self).reduce(0, +) / 3600
        #expect(hours == 3)
    }

    @Test func `traffic is compared with the same hour of earlier weeks`() {
        func measure(_ kind: AlertKind, _ count: Int64, _ earlier: [Int64], samplesMin: Int64 = 100) -> AlertMeasurement
        {
            TrafficComparison(count: count, earlier: earlier)
                .measurement(kind, threshold: 50, samplesMin: samplesMin, scope: "")
        }
        func level(_ measurement: AlertMeasurement) -> AlertFinding.Level? {
            if case .measured(let measured) = measurement { measured.findings.first?.level } else { nil }
        }
        #expect(level(measure(.trafficDrop, 50, [100, 100, 100, 100])) == .exceeded)
        #expect(level(measure(.trafficDrop, 51, [100, 100, 100, 100])) == .within)
        #expect(level(measure(.trafficDrop, 0, [100, 100])) == .exceeded)
        #expect(level(measure(.trafficSpike, 150, [100, 100, 100, 100])) == .exceeded)
        #expect(level(measure(.trafficSpike, 149, [100, 100, 100, 100])) == .within)
        #expect(level(measure(.trafficSpike, 500, [0, 0])) == .exceeded)
        // Too little is known: no decision.
        #expect(level(measure(.trafficDrop, 0, [100])) == nil)
        #expect(level(measure(.trafficDrop, 0, [99, 99])) == nil)
        #expect(level(measure(.trafficSpike, 99, [1, 1])) == nil)
    }
}
