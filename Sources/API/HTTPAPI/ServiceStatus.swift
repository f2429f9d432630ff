import Reports
import Rollups
import Events

/// A part of the service that stands still or lags.
struct Problem: Sendable, Equatable {
    /// A stable identifier for clients.
    var code: String
    /// One sentence for the owner: the cause, and how to fix it.
    var message: String
    /// The same for guests of a share link, without names of the database.
    var summary: String
    /// Start in seconds on the clock of `StatusMonitor`.
    var since: Double
}

/// The response of `GET /api/status`.
struct ServiceStatus: Sendable {
    let processing: RollupProgress.Processing?
    let problems: [Problem]
    /// The current time on the clock of `StatusMonitor`.
    let seconds: Double
    let hasEvents: Bool
    let hasOnlyBots: Bool
    let lastReceived: Int64?
    let lagSeconds: Int64?

    var state: String {
        if !problems.isEmpty { return "degraded" }
        return processing == nil ? "ok" : "processing"
    }

    /// The response as JSON; for guests, messages do not name anything of the database, and those of a limited share link do not get the time of
    /// the last event, which may be one that they must not read.
    func json(_ access: Access) -> JSONEncodedValue {
        let now = WallClock.seconds
        let isGuest = access.shareLimits != nil
        let lastReceived = access.shareLimits?.isEmpty ?? true ? lastReceived : nil
        let problems = problems.map { problem in
            let age = Int64(max(0, seconds - problem.since))
            return JSONEncodedValue.object([
                ("code", .text(problem.code)), ("message", .text(isGuest ? problem.summary : problem.message)),
                ("since", .integer(now - age)), ("age_seconds", .integer(age)),
            ])
        }
        return .object([
            ("state", .text(state)), ("processing", processing?.json ?? .null), ("problems", .array(problems)),
            (
                "events",
                .object([
                    ("any", .bool(hasEvents)), ("only_bots", .bool(hasOnlyBots)),
                    ("last_received", JSONEncodedValue(lastReceived)),
                ])
            ),
            ("rollup_lag_seconds", JSONEncodedValue(lagSeconds)),
        ])
    }
}

extension RollupProgress.Processing {
    var json: JSONEncodedValue {
        .object([
            ("reason", .text(reason.rawValue)), ("done", .integer(done)), ("total", .integer(total)),
            ("share", JSONEncodedValue(share, digits: 3)), ("seconds_left", JSONEncodedValue(secondsLeft)),
        ])
    }
}
