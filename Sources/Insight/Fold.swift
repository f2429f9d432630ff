import Digest
import Sketches
import Telemetry

/// Adds events up into changes of cells.
///
/// What it needs to know of earlier events it is given by `recall`. Events must come in the order of their ids; then the sum of all changes
/// does not depend on how the events were cut into portions.
struct Fold {
    /// Cells of hours, and of minutes where there are some; days are added up from the hours in the end.
    private var cells: [CellChange] = []
    private var keys: [CellKey] = []
    private var index: [CellKey: Int32] = [:]
    /// Which portion this is, so that a place knows whether its cells are still the ones.
    private var portion = 1
    var issues: [IssueKey: IssueChange] = [:]
    /// In the order of their events.
    private(set) var robots: [RobotEvent] = []
    private(set) var fingerprints: [FingerprintTold] = []
    private(set) var eventsCount = 0
    var cellsCount: Int { cells.count }

    var views = RecentMemory<ViewMemory>(max: 10_000)
    var sessions = RecentMemory<SessionMemory>(max: 10_000)
    let hashes: KeyedHashes
    /// Of the event that is being added.
    var invalid = InvalidClaims()
    private var parsed = ParsedTexts()
    /// While earlier events are recalled nothing is counted.
    private var recalling: Recalled?
    /// What must hold of an event that is counted, and whether those of programs are.
    var filters: [Fact] = []
    var countsRobots = true
    /// Which values have cells of their own; nil for all.
    var names: AdmittedNames?
    private var isRecalling: Bool { recalling != nil }

    /// What earlier events are recalled for.
    enum Recalled {
        case view
        case session
    }

    /// Types whose payload is looked at.
    private static let read: Set<String> = [
        "pageview", "webvitals", "engagement", "error", "resources", "fingerprint_ready",
    ]

    init(hashes: KeyedHashes) { self.hashes = hashes }

    /// Hands over what has been added up.
    mutating func take() -> Changes {
        defer {
            cells.removeAll(keepingCapacity: true)
            keys.removeAll(keepingCapacity: true)
            index.removeAll(keepingCapacity: true)
            portion += 1
            issues = [:]
            robots = []
            fingerprints = []
            eventsCount = 0
            views.age()
            sessions.age()
        }
        return Changes(
            cells: Array(zip(keys, cells)) + days(),
            issues: issues,
            robots: robots,
            fingerprints: fingerprints
        )
    }

    /// The cells of days: the sums of those of their hours.
    private func days() -> [(key: CellKey, change: CellChange)] {
        var days: [(key: CellKey, change: CellChange)] = []
        var places: [CellKey: Int] = [:]
        for (number, key) in keys.enumerated() where key.grain == .hour {
            var day = key
            day.grain = .day
            day.bucket = Grain.day.bucket(key.bucket)
            if let place = places[day] {
                days[place].change.add(cells[number])
            } else {
                places[day] = days.count
                days.append((day, cells[number]))
            }
        }
        return days
    }

    /// Forgets everything, when what was added up could not be written.
    mutating func reset() {
        _ = take()
        views.removeAll()
        sessions.removeAll()
    }

    /// Takes note of earlier events of page views and sessions that are not remembered.
    mutating func recall(_ event: StoredEvent, _ of: Recalled) {
        recalling = of
        add(event)
        recalling = nil
    }

    mutating func add(_ event: StoredEvent) {
        eventsCount += isRecalling ? 0 : 1
        let payload = Self.read.contains(event.type) ? JSONTree(event.payload) : .null
        var view = views[event.pageviewID] ?? ViewMemory()
        let agent = parsed.agent(event.userAgent)
        let path = parsed.template(event.path ?? "/")
        if event.type == "pageview" {
            view.facts = Facts.ofView(event, payload)
            view.last = nil
        }
        let place = place(of: event, agent, path, &view)
        guard isWanted(event, place) else {
            views[event.pageviewID] = view
            return
        }
        invalid = InvalidClaims()
        if !isRecalling { count(event, place, payload, agent, path) }
        switch event.type {
        case "webvitals": vitals(event, payload, place, &view)
        case "engagement": engagement(event, payload, place, &view)
        case "pageview" where recalling != .view: session(event, place, path)
        default: break
        }
        if !isRecalling { countInvalid(at: place) }
        // Of the view of a session's page more may have been told than is recalled with the session.
        if recalling != .session { views[event.pageviewID] = view }
    }

    private func isWanted(_ event: StoredEvent, _ place: Place) -> Bool {
        guard countsRobots || place.audience == 0 else { return false }
        return filters.allSatisfy { filter in
            filter.dimension == .event ? event.type == filter.value : place.facts.contains(filter)
        }
    }

    /// The place of the page view's last event, when this one is like it.
    private func place(of event: StoredEvent, _ agent: UserAgent, _ path: String, _ view: inout ViewMemory) -> Place {
        if let last = view.last, Grain.minute.bucket(last.place.seconds) == Grain.minute.bucket(event.seconds),
            last.path == event.path, last.userAgent == event.userAgent, last.place.site == event.site
        {
            return last.place
        }
        let place = Place(
            seconds: event.seconds,
            site: event.site,
            audience: agent.robotReasons.isEmpty ? 0 : 1,
            facts: [
                Fact(dimension: .all, value: ""), Fact(dimension: .path, value: path),
                Fact(dimension: .browser, value: agent.browser), Fact(dimension: .system, value: agent.system),
                Fact(dimension: .device, value: agent.device),
            ] + view.facts
        )
        view.last = (place, event.path, event.userAgent)
        return place
    }

    private mutating func count(
        _ event: StoredEvent,
        _ place: Place,
        _ payload: JSONTree,
        _ agent: UserAgent,
        _ path: String
    ) {
        let visitor = hash(of: event.visitorID, at: place)
        var counters = Counters()
        counters.events = 1
        if event.type == "pageview" { counters.views = 1 }
        let error = event.type == "error" ? errors(event, place, payload, agent, path) : nil
        if let error, error.fact.dimension == .issue { counters.errors = error.count }
        let isNoted = place.portion == portion && place.noted == visitor
        change(place) { change in
            change.counters.add(counters)
            if !isNoted { change.visitors.add(hash: visitor) }
        }
        place.noted = visitor
        var facts = [(Fact(dimension: .event, value: Facts.clean(event.type) ?? ""), counters)]
        if let error {
            // Noise counts as errors of its own issue, and nowhere else.
            counters.errors = error.count
            facts.append((error.fact, counters))
        }
        if event.type == "resources" { resources(payload, place) }
        for (fact, counters) in facts {
            change([fact], at: place) { change in
                change.counters.add(counters)
                change.visitors.add(hash: visitor)
            }
        }
        let reasons = agent.robotReasons + Facts.hints(event.type, payload)
        // Who behaves like a program is none of the population.
        if event.type == "fingerprint_ready", reasons.isEmpty,
            let fingerprint = FingerprintTold(event, payload["fingerprints"])
        {
            fingerprints.append(fingerprint)
        }
        if !reasons.isEmpty {
            robots.append(RobotEvent(event, reasons))
        }
    }

    /// Counts the values of the event that were out of range.
    private mutating func countInvalid(at place: Place) {
        for (claim, count) in invalid.counts {
            change([Fact(dimension: .invalid, value: claim.rawValue)], at: place) { change in
                change.counters.events.add(saturating: count)
            }
        }
    }

    /// The hash of a visitor's id, taken once for the events of a page view in a row.
    private func hash(of visitorID: String, at place: Place) -> UInt64 {
        if let known = place.visitor, known.id == visitorID { return known.hash }
        let hash = hashes.visitors.hash(visitorID)
        place.visitor = (visitorID, hash)
        return hash
    }

    private mutating func resources(_ payload: JSONTree, _ place: Place) {
        for resource in payload["slowest"].elements.prefix(10) {
            guard let name = resource["name"].text.flatMap(Facts.resource) else { continue }
            duration(
                resource["duration"],
                bytes: resource["transferSize"],
                Fact(dimension: .resource, value: name),
                place
            )
        }
        for party in payload["thirdParties"].elements.prefix(10) {
            guard let host = party["host"].text.flatMap(Facts.clean) else { continue }
            duration(party["duration"], bytes: party["bytes"], Fact(dimension: .thirdParty, value: host), place)
        }
    }

    private mutating func duration(_ duration: JSONTree, bytes: JSONTree, _ fact: Fact, _ place: Place) {
        let (duration, bytes) = (
            invalid.value(duration, .resourceDuration), invalid.value(bytes, .resourceBytes)
        )
        guard let mark = duration.flatMap(LogHistogram.Mark.init) else { return }
        change([fact], at: place) { change in
            change.counters.events += 1
            change.counters.amount.add(saturating: Int64(saturating: bytes ?? 0))
            change.added.add(mark, .duration)
        }
    }

    /// The last value of a metric of a page view counts; soft navigations within the page view have vitals of their own.
    private mutating func vitals(_ event: StoredEvent, _ payload: JSONTree, _ place: Place, _ view: inout ViewMemory) {
        let navigation = payload["navigationType"].text.flatMap(Facts.clean)
        guard navigation != "soft-navigation" else { return }
        let attributions = payload["attribution"]
        if let navigation, view.navigation == nil {
            view.navigation = navigation
            let facts = isRecalling ? [] : [Fact(dimension: .navigation, value: navigation)]
            change(facts, at: place) { $0.counters.events += 1 }
        }
        for metric in Metric.vitals {
            guard let value = invalid.value(payload[metric.key], .of(metric)), let mark = LogHistogram.Mark(value)
            else {
                continue
            }
            let before = view.told[metric]
            if let before, before.seq > event.seq { continue }
            let facts =
                (navigation.map { [Fact(dimension: .navigation, value: $0)] } ?? [])
                + Attribution.facts(metric, value, attributions[metric.key])
            view.told[metric] = ViewMemory.Told(seq: event.seq, value: value, place: place, facts: facts)
            guard !isRecalling else { continue }
            if let before, let old = LogHistogram.Mark(before.value) {
                change(before.place) { $0.removed.add(old, metric) }
                change(Self.counted(before.facts), at: before.place) { $0.counters.events -= 1 }
                change(before.facts, at: before.place) { $0.removed.add(old, metric) }
            }
            change(place) { $0.added.add(mark, metric) }
            change(Self.counted(facts), at: place) { $0.counters.events += 1 }
            change(facts, at: place) { $0.added.add(mark, metric) }
        }
    }

    private mutating func engagement(
        _ event: StoredEvent,
        _ payload: JSONTree,
        _ place: Place,
        _ view: inout ViewMemory
    ) {
        guard let value = invalid.value(payload["engagedMs"], .engagement) else { return }
        let before = view.engaged
        if let before, before.seq > event.seq { return }
        view.engaged = ViewMemory.Told(seq: event.seq, value: value.rounded(), place: place)
        guard !isRecalling else { return }
        if let before {
            change(before.place) { change in
                change.counters.engagements -= 1
                change.counters.engagedMilliseconds.add(saturating: -Int64(saturating: before.value))
            }
        }
        change(place) { change in
            change.counters.engagements += 1
            change.counters.engagedMilliseconds.add(saturating: Int64(saturating: value.rounded()))
        }
    }

    /// A session counts where it began; with its second page view it is no bounce any more, and with each the page that it ended on is another.
    private mutating func session(_ event: StoredEvent, _ place: Place, _ path: String) {
        func entry(_ path: String) -> [Fact] { [Fact(dimension: .entry, value: path)] }
        func exit(_ path: String) -> [Fact] { [Fact(dimension: .exit, value: path)] }
        guard var session = sessions[event.sessionID] else {
            sessions[event.sessionID] = SessionMemory(first: place, entry: path, views: 1, exit: path)
            guard !isRecalling else { return }
            let begin = { (change: inout CellChange) in
                change.counters.sessions += 1
                change.counters.bounces += 1
            }
            change(place, begin)
            change(entry(path), at: place, begin)
            change(exit(path), at: place) { $0.counters.sessions += 1 }
            return
        }
        let (before, views) = (session.exit, session.views)
        session.views = 2
        session.exit = path
        sessions[event.sessionID] = session
        guard !isRecalling else { return }
        let first = session.first
        if views == 1 {
            change(first) { $0.counters.bounces -= 1 }
            change(entry(session.entry), at: first) { $0.counters.bounces -= 1 }
        }
        if before != path {
            change(exit(before), at: first) { $0.counters.sessions -= 1 }
            change(exit(path), at: first) { $0.counters.sessions += 1 }
        }
    }

    // MARK: - Cells

    private mutating func change(_ place: Place, _ body: (inout CellChange) -> Void) {
        if place.portion != portion {
            place.cells = cells(of: place.facts, at: place)
            place.portion = portion
            place.noted = nil
        }
        for cell in place.cells { body(&cells[Int(cell)]) }
    }

    /// Changes cells of facts that do not hold for all of a page view.
    private mutating func change(_ facts: [Fact], at place: Place, _ body: (inout CellChange) -> Void) {
        guard !facts.isEmpty else { return }
        for cell in cells(of: facts, at: place) { body(&cells[Int(cell)]) }
    }

    private mutating func cells(of facts: [Fact], at place: Place) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(facts.count + 2)
        let hour = Grain.hour.bucket(place.seconds)
        for fact in facts {
            var key = CellKey(
                dimension: fact.dimension,
                grain: .hour,
                bucket: hour,
                site: place.site,
                audience: place.audience,
                value: fact.value
            )
            result.append(cell(key))
            guard fact.dimension.hasMinutes else { continue }
            key.grain = .minute
            key.bucket = Grain.minute.bucket(place.seconds)
            result.append(cell(key))
        }
        return result
    }

    private mutating func cell(_ key: CellKey) -> Int32 {
        if let known = index[key] { return known }
        if let names {
            let value = names.value(
                key.dimension,
                key.value,
                seconds: key.bucket,
                site: key.site,
                audience: key.audience
            )
            guard value == key.value else {
                var other = key
                other.value = value
                return self.cell(other)
            }
        }
        let cell = Int32(cells.count)
        index[key] = cell
        keys.append(key)
        cells.append(CellChange())
        return cell
    }
}
