import Testing

@testable import Reports

@Suite struct IssueStateTests {
    private static func seen(_ name: String, since: Int64, last: Int64) -> SeenRelease {
        SeenRelease(name: name, since: since, firstSeen: since, lastSeen: last)
    }

    /// The state of an issue that was decided about at the second 100, when 1.2 was the latest release.
    private func state(
        _ change: (inout IssueDecision) -> Void,
        _ releases: [SeenRelease] = [],
        lastSeen: Int64 = 90,
        errors: Int64 = 0,
        visitors: Int64 = 0
    ) -> (IssueState, String?) {
        var decision = IssueDecision(state: .resolved)
        decision.changedAt = 100
        change(&decision)
        let last = releases.map(\.lastSeen).max() ?? lastSeen
        let seen = IssueOccasions(
            lastSeen: last,
            releases: releases,
            releaseSince: 50,
            errorsSince: errors,
            visitorsSince: visitors
        )
        return (decision.state(seen), decision.regressedIn(seen))
    }

    @Test func `a resolved issue regresses when it is seen later, in the first release of these`() {
        #expect(state { _ in } == (.resolved, nil))
        #expect(state({ _ in }, lastSeen: 100) == (.resolved, nil), "in the same second")
        #expect(state({ _ in }, lastSeen: 101) == (.regressed, nil), "without a release")
        let releases = [
            Self.seen("1.1", since: 10, last: 99), Self.seen("1.2", since: 50, last: 130),
            Self.seen("1.3", since: 120, last: 125),
        ]
        #expect(state({ _ in }, releases) == (.regressed, "1.2"))
    }

    @Test(arguments: [
        ([SeenRelease](), false, IssueState.resolved, nil as String?),
        ([seen("1.1", since: 10, last: 200)], false, .resolved, nil),
        ([seen("1.2", since: 50, last: 100)], false, .resolved, nil),
        ([seen("1.2", since: 50, last: 101)], false, .regressed, "1.2"),
        ([seen("1.2", since: 50, last: 101)], true, .resolved, nil),
        ([seen("1.3", since: 120, last: 121)], true, .regressed, "1.3"),
        ([seen("1.3", since: 120, last: 121), seen("1.4", since: 130, last: 131)], true, .regressed, "1.3"),
        ([seen("1.10", since: 50, last: 131)], true, .resolved, nil),
    ])
    func `an issue resolved in a release regresses in a newer one, by the order in which releases were seen`(
        releases: [SeenRelease],
        isNext: Bool,
        wanted: IssueState,
        release: String?
    ) {
        let found = state({ ($0.release, $0.isNext) = ("1.2", isNext) }, releases)
        #expect(found == (wanted, release))
    }

    @Test func `an ignored issue is unresolved again after a number of errors or of visitors`() {
        func ignored(_ errors: Int64?, _ visitors: Int64?, seen: (Int64, Int64)) -> IssueState {
            state(
                { ($0.state, $0.untilErrors, $0.untilVisitors) = (.ignored, errors, visitors) },
                lastSeen: 500,
                errors: seen.0,
                visitors: seen.1
            ).0
        }
        #expect(ignored(nil, nil, seen: (9, 9)) == .ignored)
        #expect(ignored(10, nil, seen: (9, 9)) == .ignored)
        #expect(ignored(10, nil, seen: (10, 1)) == .unresolved)
        #expect(ignored(nil, 3, seen: (90, 2)) == .ignored)
        #expect(ignored(nil, 3, seen: (90, 3)) == .unresolved)
        #expect(ignored(100, 3, seen: (90, 3)) == .unresolved, "whichever comes first")
    }
}
