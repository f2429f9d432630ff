import Sketches
import Storage

/// Keeps the visitors that behave like programs, and why.
///
/// So many new ones a day have a row of their own; the events of others count under the visitor `(other)` of their site.
struct RobotWriter {
    let database: any Database
    let names: AdmittedNames

    private struct Key: Hashable {
        var visitorID: String
        var site: String
    }

    private struct Kept {
        var reasons: Set<String> = []
        var events: Int64 = 0
        var firstSeen = Int64.max
        var lastSeen = Int64.min
    }

    func write(_ events: [RobotEvent]) throws(StoreError) {
        guard !events.isEmpty else { return }
        var kept = try read(events)
        var changed: Set<Key> = []
        for event in events {
            var key = Key(visitorID: event.visitorID, site: event.site)
            if kept[key] == nil, !names.admit(.bot, seconds: event.seconds) { key.visitorID = CellKey.other }
            var robot = kept[key] ?? Kept()
            robot.reasons.formUnion(key.visitorID == CellKey.other ? [CellKey.other] : event.reasons)
            robot.reasons = Set(robot.reasons.sorted().prefix(RobotEvent.reasonsMax))
            robot.events = robot.events.adding(saturating: 1)
            robot.firstSeen = min(robot.firstSeen, event.seconds)
            robot.lastSeen = max(robot.lastSeen, event.seconds)
            kept[key] = robot
            changed.insert(key)
        }
        try database.insert(
            "insert into insight_robots (visitor_id, site, score, reasons, events, first_seen, last_seen)",
            changed.compactMap { key in
                kept[key].map { robot in
                    [
                        .text(key.visitorID), .text(key.site), .integer(RobotEvent.score(robot.reasons.count)),
                        .text(robot.reasons.sorted().joined(separator: "\n")), .integer(robot.events),
                        .integer(robot.firstSeen), .integer(robot.lastSeen),
                    ]
                }
            },
            """
            on conflict (visitor_id, site) do update
            set score = excluded.score, reasons = excluded.reasons, events = excluded.events,
                first_seen = excluded.first_seen, last_seen = excluded.last_seen
            """
        )
    }

    private func read(_ events: [RobotEvent]) throws(StoreError) -> [Key: Kept] {
        var keys = Set(events.map { Key(visitorID: $0.visitorID, site: $0.site) })
        keys.formUnion(Set(events.map(\.site)).map { Key(visitorID: CellKey.other, site: $0) })
        let rows = try database.lookup(
            "insight_robots",
            key: ["visitor_id", "site"],
            keys.map { [.text($0.visitorID), .text($0.site)] },
            columns: ["visitor_id", "site", "reasons", "events", "first_seen", "last_seen"]
        )
        var kept: [Key: Kept] = [:]
        for row in rows {
            kept[Key(visitorID: row[0].text ?? "", site: row[1].text ?? "")] = Kept(
                reasons: Set((row[2].text ?? "").split(separator: "\n").map(String.init)),
                events: row[3].integer ?? 0,
                firstSeen: row[4].integer ?? .max,
                lastSeen: row[5].integer ?? .min
            )
        }
        return kept
    }
}
