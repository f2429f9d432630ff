import Sketches
import Telemetry

/// Adds events up into changes of cells.
///
/// A value without effects: what it needs to know of earlier events it is given by `recall`. Events must come in the order of their ids; then
/// the sum of all changes does not depend on how the events were cut into portions.
struct Fold {
    /// Changes since the last `take`, and the keys in the order of their first appearance.
    private(set) var changes: [CellKey: CellChange] = [:]
    private(set) var order: [CellKey] = []
    private(set) var issues: [IssueKey: IssueChange] = [:]
    private(set) var robots: [RobotKey: RobotChange] = [:]
    private(set) var eventsCount = 0

    var views = RecentMemory<ViewMemory>(max: 20_000)
    var sessions = RecentMemory<SessionMemory>(max: 20_000)
    private var agents: [String: UserAgent] = [:]
    /// While earlier events are recalled nothing is counted.
    private var recalling: Recalled?
    private var isRecalling: Bool { recalling != nil }

    /// What earlier events are recalled for.
    enum Recalled {
        case view
        case session
    }

    /// User agents that are kept parsed.
    private static let agentsMax = 4000

    /// Types whose payload is looked at.
    private static let read: Set<String> = [
        "pageview", "webvitals", "engagement", "error", "resources", "fingerprint_ready",
    ]

    /// Hands over what has been added up.
    mutating func take() -> Changes {
        defer {
            changes.removeAll(keepingCapacity: true)
            order.removeAll(keepingCapacity: true)
            issues = [:]
            robots = [:]
            eventsCount = 0
            views.age()
            sessions.age()
        }
        return Changes(cells: changes, order: order, issues: issues, robots: robots)
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
        let agent = agent(event.userAgent)
        let payload = Self.read.contains(event.type) ? JSONTree(event.payload) : .null
        var view = views[event.pageviewID] ?? ViewMemory()
        if event.type == "pageview" { view.facts = Facts.ofView(event, payload) }
        let path = PathTemplate.of(event.path ?? "/")
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
        if !isRecalling { count(event, place, payload, agent) }
        switch event.type {
        case "webvitals": vitals(event, payload, place, &view)
        case "engagement": engagement(event, payload, place, &view)
        case "pageview" where recalling != .view: session(event, place, path)
        default: break
        }
        // Of the view of a session's page more may have been told than is recalled with the session.
        if recalling != .session { views[event.pageviewID] = view }
    }

    // MARK: - Parts of an event

    private mutating func count(_ event: StoredEvent, _ place: Place, _ payload: JSONTree, _ agent: UserAgent) {
        let visitor = stableHash(event.visitorID.utf8)
        var counters = Counters()
        counters.events = 1
        if event.type == "pageview" { counters.views = 1 }
        if event.type == "error" { counters.errors = Int64(max(1, min(payload["count"].number ?? 1, 1e6))) }
        change(place) { change in
            change.counters.add(counters)
            change.visitors.add(hash: visitor)
        }
        var facts = [Fact(dimension: .event, value: Facts.clean(event.type) ?? "")]
        switch event.type {
        case "error":
            let issue = IssueDescription(payload)
            facts.append(Fact(dimension: .issue, value: issue.id))
            issues[IssueKey(site: event.site, issue: issue.id), default: IssueChange(issue, event)]
                .add(event, browser: agent.browser, path: PathTemplate.of(event.path ?? "/"), count: counters.errors)
        case "resources": resources(payload, place)
        default: break
        }
        change(place.with(facts)) { change in
            change.counters.add(counters)
            change.visitors.add(hash: visitor)
        }
        let hints = payload["fingerprints"]["automation"].elements.compactMap(\.text)
        let reasons = agent.robotReasons + (event.type == "fingerprint_ready" ? hints : [])
        if !reasons.isEmpty {
            robots[RobotKey(visitorID: event.visitorID, site: event.site), default: RobotChange()].add(event, reasons)
        }
    }

    private mutating func resources(_ payload: JSONTree, _ place: Place) {
        for resource in payload["slowest"].elements.prefix(10) {
            guard let name = resource["name"].text.flatMap(Facts.resource), let time = resource["duration"].number
            else { continue }
            change(place.with([Fact(dimension: .resource, value: name)])) { change in
                change.counters.events += 1
                change.counters.amount &+= Int64(max(0, resource["transferSize"].number ?? 0))
                change.added[.duration, default: LogHistogram()].add(time)
            }
        }
        for party in payload["thirdParties"].elements.prefix(10) {
            guard let host = party["host"].text.flatMap(Facts.clean), let time = party["duration"].number else {
                continue
            }
            change(place.with([Fact(dimension: .thirdParty, value: host)])) { change in
                change.counters.events += 1
                change.counters.amount &+= Int64(max(0, party["bytes"].number ?? 0))
                change.added[.duration, default: LogHistogram()].add(time)
            }
        }
    }

    /// The last value that a page view tells of a metric counts; an earlier one is taken away again.
    private mutating func vitals(_ event: StoredEvent, _ payload: JSONTree, _ place: Place, _ view: inout ViewMemory) {
        let navigation = payload["navigationType"].text.flatMap(Facts.clean)
        for metric in Metric.vitals {
            guard let value = payload[metric.key].number, value >= 0 else { continue }
            let before = view.told[metric]
            if let before, before.seq > event.seq { continue }
            let attribution = attribution(metric, value, payload["attribution"][metric.key])
            let facts = navigation.map { [Fact(dimension: .navigation, value: $0)] } ?? []
            let own = place.with(place.facts + facts + attribution)
            view.told[metric] = ViewMemory.Told(seq: event.seq, value: value, place: own)
            guard !isRecalling else { continue }
            if let before { change(before.place) { $0.removed[metric, default: LogHistogram()].add(before.value) } }
            change(own) { $0.added[metric, default: LogHistogram()].add(value) }
        }
    }

    /// What a value that is not good is owed to.
    private func attribution(_ metric: Metric, _ value: Double, _ parts: JSONTree) -> [Fact] {
        let element = parts["element"].text.flatMap(Facts.clean)
        func facts(_ dimension: Dimension, _ part: Dimension?, _ names: [String]) -> [Fact] {
            var facts = element.map { [Fact(dimension: dimension, value: $0)] } ?? []
            let known = names.compactMap { name in parts[name].number.map { (name, $0) } }
            if let part, let largest = known.max(by: { $0.1 < $1.1 }) {
                facts.append(Fact(dimension: part, value: largest.0))
            }
            return facts
        }
        switch metric {
        case .lcp where value > 2500:
            return facts(.lcpElement, .lcpPart, ["ttfb", "loadDelay", "loadTime", "renderDelay"])
        case .inp where value > 200:
            return facts(.inpElement, .inpPart, ["inputDelay", "processing", "presentationDelay"])
        case .cls where value > 0.1: return facts(.clsElement, nil, [])
        default: return []
        }
    }

    private mutating func engagement(
        _ event: StoredEvent,
        _ payload: JSONTree,
        _ place: Place,
        _ view: inout ViewMemory
    ) {
        guard let value = payload["engagedMs"].number, value >= 0 else { return }
        let before = view.engaged
        if let before, before.seq > event.seq { return }
        view.engaged = ViewMemory.Told(seq: event.seq, value: value.rounded(), place: place)
        guard !isRecalling else { return }
        if let before {
            change(before.place) { change in
                change.counters.engagements -= 1
                change.counters.engagedMilliseconds -= Int64(before.value)
            }
        }
        change(place) { change in
            change.counters.engagements += 1
            change.counters.engagedMilliseconds += Int64(value.rounded())
        }
    }

    /// A session counts where it began; with its second page view it is no bounce any more, and with each the page that it ended on is another.
    private mutating func session(_ event: StoredEvent, _ place: Place, _ path: String) {
        guard var session = sessions[event.sessionID] else {
            sessions[event.sessionID] = SessionMemory(first: place, entry: path, views: 1, exit: path)
            guard !isRecalling else { return }
            change(place.with(place.facts + [Fact(dimension: .entry, value: path)])) { change in
                change.counters.sessions += 1
                change.counters.bounces += 1
            }
            change(place.with([Fact(dimension: .exit, value: path)])) { $0.counters.sessions += 1 }
            return
        }
        let (before, views) = (session.exit, session.views)
        session.views = 2
        session.exit = path
        sessions[event.sessionID] = session
        guard !isRecalling else { return }
        let first = session.first
        if views == 1 {
            change(first.with(first.facts + [Fact(dimension: .entry, value: session.entry)])) {
                $0.counters.bounces -= 1
            }
        }
        if before != path {
            change(first.with([Fact(dimension: .exit, value: before)])) { $0.counters.sessions -= 1 }
            change(first.with([Fact(dimension: .exit, value: path)])) { $0.counters.sessions += 1 }
        }
    }

    // MARK: - Cells

    private mutating func change(_ place: Place, _ body: (inout CellChange) -> Void) {
        for fact in place.facts {
            for grain in Grain.allCases where grain != .minute || fact.dimension.hasMinutes {
                let key = CellKey(
                    dimension: fact.dimension,
                    grain: grain,
                    bucket: grain.bucket(place.seconds),
                    site: place.site,
                    audience: place.audience,
                    value: fact.value
                )
                if changes[key] == nil {
                    changes[key] = CellChange()
                    order.append(key)
                }
                body(&changes[key, default: CellChange()])
            }
        }
    }

    private mutating func agent(_ text: String?) -> UserAgent {
        let key = text ?? ""
        if let known = agents[key] { return known }
        let agent = UserAgent(text)
        if agents.count >= Self.agentsMax { agents.removeAll() }
        agents[key] = agent
        return agent
    }
}

/// What a portion of events changes.
struct Changes: Sendable {
    var cells: [CellKey: CellChange]
    /// Keys of `cells`, by their first appearance.
    var order: [CellKey]
    var issues: [IssueKey: IssueChange]
    var robots: [RobotKey: RobotChange]
}
