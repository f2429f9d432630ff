import Segments
import Numbers
package import Texts

/// Identifies a session of one visitor on one site.
package struct SessionID: Hashable, Sendable {
    @ByteText package var site: String
    @ByteText package var visitorID: String
    @ByteText package var sessionID: String

    package init(site: String, visitorID: String, sessionID: String) {
        (self.site, self.visitorID, self.sessionID) = (site, visitorID, sessionID)
    }

    package init(_ event: StoredEvent) { (site, visitorID, sessionID) = (event.site, event.visitorID, event.sessionID) }
}

/// Accumulated events of a session, as dictionary codes, sorted by event id.
///
/// `row` applies all rules to the sorted events, so the result does not depend on the order in which they were
/// added. Codes refer to the aggregator's dictionaries: when pending entries there are reverted, discard the
/// states that events were added to in the meantime.
package struct SessionState: Sendable {
    /// Limit of counted events per session: those with the lowest ids.
    package static let eventsMax = 5000
    /// Events kept beyond the limit until they are dropped together; they occur only when events arrive out of
    /// order.
    private static let surplusMax = 500

    package let id: SessionID
    /// Code of the site.
    private(set) var site: UInt32 = 0
    private(set) var botReasons: UInt32 = 0
    /// Whether any event or user agent gave a reason; false for most sessions.
    private var hasReasons = false

    /// Sorted by id; only the first `eventsMax` count.
    package private(set) var records: [Record] = []
    private(set) var pageViews: [PageViewSlot] = []
    /// User agent of the event with the lowest id.
    private(set) var firstAgent = AgentCodes()
    // Reports by kind, indexed by `Record.detail`.
    private(set) var openings: [Opening] = []
    private(set) var vitals: [VitalsReport] = []
    private(set) var engagements: [EngagementReport] = []
    private(set) var resources: [ResourceRow] = []
    /// Errors, custom events and invalid values; a record owns `eventRows` of them, starting at `firstEventRow`.
    private(set) var eventRows: [EventRow] = []
    /// Codes of hints at automation, each with the first event that gave it.
    private var hints: [(id: Int64, reasons: UInt32)] = []
    /// The browser by the client hints of the first event that named one.
    private var hinted: (id: Int64, browser: UInt32, version: UInt32)?

    package init(_ id: SessionID) { self.id = id }

    /// Approximate memory size in bytes.
    package var size: Int {
        MemoryLayout<Self>.stride + records.capacity * MemoryLayout<Record>.stride
            + pageViews.capacity * MemoryLayout<PageViewSlot>.stride
            + openings.capacity * MemoryLayout<Opening>.stride
            + vitals.capacity * MemoryLayout<VitalsReport>.stride
            + engagements.capacity * MemoryLayout<EngagementReport>.stride
            + resources.capacity * MemoryLayout<ResourceRow>.stride
            + eventRows.capacity * MemoryLayout<EventRow>.stride
    }

    /// Whether the first event or a page view has the user agent of a human.
    ///
    /// Every session of humans has one. Later events never make that untrue, but they may give the session's row other traffic.
    package var hasHumanAgent: Bool { firstAgent.isHuman || openings.contains { $0.agent.isHuman } }

    /// Adds an event of this session; events may arrive in any order and are counted once.
    ///
    /// - Returns: whether the event counts, so that the session's row changes.
    @discardableResult
    package mutating func add(_ event: StoredEvent, _ aggregator: inout Aggregator) -> Bool {
        if records.count >= Self.eventsMax, event.id >= records[Self.eventsMax - 1].id { return false }
        let index = insertionIndex(event.id)
        if index < records.count, records[index].id == event.id { return false }
        if site == DimensionDictionaries.none {
            site = aggregator.code(.site, id.site, .init(site: 0, seconds: event.seconds))
        }
        let origin = Aggregator.Origin(site: site, seconds: event.seconds)
        let slot = slot(event, origin, &aggregator)
        if index == 0 { firstAgent = aggregator.agentCodes(event, origin) }
        let extraction = Extraction(event, origin, &aggregator)
        insert(extraction, of: event, at: index, slot: slot, &aggregator)
        if records.count >= Self.eventsMax + Self.surplusMax { dropSurplus() }
        let reasons =
            extraction.opening?.agent.reasons ?? (index == 0 ? firstAgent.reasons : DimensionDictionaries.none)
        hasReasons = hasReasons || reasons != DimensionDictionaries.none || !hints.isEmpty
        let isOfInterest = index == 0 || extraction.opening != nil || !extraction.hints.isEmpty
        if hasReasons, isOfInterest || records.count > Self.eventsMax { updateBotReasons(origin, &aggregator) }
        return true
    }

    // MARK: - Delivery

    /// Identifies a page view among those of a session, in this process.
    package static func pageView(_ id: String) -> Int { ByteText(id).hashValue }

    private func slot(of pageView: Int) -> Int? { pageViews.lastIndex { $0.idHash == pageView } }

    /// Whether the session has events of a page view, and whether its own event is one of them.
    package func has(_ pageView: Int) -> (events: Bool, opening: Bool) {
        guard let slot = slot(of: pageView) else { return (false, false) }
        return (true, pageViews[slot].isOpened)
    }

    /// Sets what the delivery report of a page view says; it only grows.
    ///
    /// - Returns: whether that changes the session's row.
    package mutating func report(_ pageView: Int, emitted: Int64, dropped: Int64) -> Bool {
        guard let slot = slot(of: pageView) else { return false }
        let report = SlotReport(emitted: emitted, dropped: dropped, stored: pageViews[slot].report?.stored ?? 0)
        guard report != pageViews[slot].report else { return false }
        pageViews[slot].report = report
        return true
    }

    /// Whether events of a page view seem to be lost, so that those in other sessions have to be counted, too.
    package func lacksEvents(_ pageView: Int) -> Bool {
        guard let slot = slot(of: pageView), let report = pageViews[slot].report, pageViews[slot].isOpened else {
            return false
        }
        return max(pageViews[slot].numbered, report.stored) < report.expected
            && report.emitted <= PlausibleRanges.emittedEventsMax
    }

    /// Sets how many events of a page view with a `seq` are stored in all sessions.
    ///
    /// - Returns: whether that changes the session's row.
    package mutating func count(_ pageView: Int, stored: Int64) -> Bool {
        guard let slot = slot(of: pageView), let report = pageViews[slot].report, report.stored != stored else {
            return false
        }
        pageViews[slot].report?.stored = stored
        return true
    }

    private func insertionIndex(_ id: Int64) -> Int {
        guard let last = records.last, last.id >= id else { return records.count }
        var range = records.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = records[middle].id < id ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    /// The slot of the event's page view; a slot has the path of its first event.
    private mutating func slot(_ event: StoredEvent, _ origin: Aggregator.Origin, _ aggregator: inout Aggregator) -> Int
    {
        // The hash is seeded randomly per process: clients cannot produce collisions.
        let hash = ByteText(event.pageviewID).hashValue
        // Search backward: most events belong to the latest page view.
        guard let slot = pageViews.lastIndex(where: { $0.idHash == hash }) else {
            let path = aggregator.code(.path, aggregator.path(event), origin)
            pageViews.append(PageViewSlot(idHash: hash, firstEventID: event.id, firstPath: path))
            return pageViews.count - 1
        }
        if event.id < pageViews[slot].firstEventID {
            pageViews[slot].firstEventID = event.id
            pageViews[slot].firstPath = aggregator.code(.path, aggregator.path(event), origin)
        }
        return slot
    }

    private mutating func insert(
        _ extraction: Extraction,
        of event: StoredEvent,
        at index: Int,
        slot: Int,
        _ aggregator: inout Aggregator
    ) {
        if event.seq > 0 { pageViews[slot].numbered += 1 }
        if extraction.opening != nil { pageViews[slot].isOpened = true }
        var record = Record(
            id: event.id,
            time: event.seconds,
            pageView: UInt16(clamping: slot),
            firstEventRow: UInt32(clamping: eventRows.count),
            eventRows: UInt8(clamping: extraction.eventRows.count)
        )
        func end(_ count: Int) -> UInt32 { UInt32(clamping: count) }
        if let opening = extraction.opening {
            (record.kind, record.detail) = (.pageView, end(openings.count))
            openings.append(opening)
        } else if let report = extraction.vitals {
            (record.kind, record.detail) = (.vitals, end(vitals.count))
            vitals.append(report)
        } else if let report = extraction.engagement {
            (record.kind, record.detail) = (.engagement, end(engagements.count))
            engagements.append(report)
        } else if !extraction.resources.isEmpty {
            (record.kind, record.detail) = (.resources, end(resources.count))
            record.resources = UInt8(clamping: extraction.resources.count)
            resources += extraction.resources
        }
        eventRows += extraction.eventRows
        records.insert(record, at: index)
        if extraction.hintedBrowser != DimensionDictionaries.none, record.id < hinted?.id ?? .max {
            hinted = (record.id, extraction.hintedBrowser, extraction.hintedVersion)
        }
        guard !extraction.hints.isEmpty else { return }
        let reasons = aggregator.code(.botReasons, lines: extraction.hints, extraction.origin)
        if let known = hints.firstIndex(where: { $0.reasons == reasons }) {
            hints[known].id = min(hints[known].id, record.id)
        } else {
            hints.append((record.id, reasons))
        }
    }

    /// Removes events beyond `eventsMax` and compacts the reports.
    private mutating func dropSurplus() {
        var kept = self
        kept.records = []
        (kept.pageViews, kept.openings, kept.vitals, kept.engagements) = ([], [], [], [])
        (kept.resources, kept.eventRows) = ([], [])
        let last = records[Self.eventsMax - 1].id
        kept.hints = hints.filter { $0.id <= last }
        var slots: [UInt16: Int] = [:]
        for var record in records.prefix(Self.eventsMax) {
            let slot = slots[record.pageView] ?? kept.pageViews.count
            if slot == kept.pageViews.count { kept.pageViews.append(pageViews[Int(record.pageView)]) }
            slots[record.pageView] = slot
            let rows = record.eventRange
            record.firstEventRow = UInt32(clamping: kept.eventRows.count)
            kept.eventRows += eventRows[rows]
            let detail = Int(record.detail)
            switch record.kind {
            case .pageView:
                record.detail = UInt32(clamping: kept.openings.count)
                kept.openings.append(openings[detail])
            case .vitals:
                record.detail = UInt32(clamping: kept.vitals.count)
                kept.vitals.append(vitals[detail])
            case .engagement:
                record.detail = UInt32(clamping: kept.engagements.count)
                kept.engagements.append(engagements[detail])
            case .resources:
                kept.resources += resources[record.resourceRange]
                record.detail = UInt32(clamping: kept.resources.count - Int(record.resources))
            case .other: break
            }
            record.pageView = UInt16(clamping: slot)
            kept.records.append(record)
        }
        self = kept
    }

    /// What client hints add to a user agent; those of an event that does not count add nothing.
    func browser(_ agent: AgentCodes) -> (name: UInt32, version: UInt32) {
        guard agent.isImitated, let hinted, hinted.id <= records[min(records.count, Self.eventsMax) - 1].id else {
            return (agent.browser, agent.browserVersion)
        }
        return (hinted.browser, hinted.version)
    }

    private mutating func updateBotReasons(_ origin: Aggregator.Origin, _ aggregator: inout Aggregator) {
        let last = records[min(records.count, Self.eventsMax) - 1].id
        let agent = agent.reasons
        guard agent != DimensionDictionaries.none || !hints.isEmpty else {
            botReasons = DimensionDictionaries.none
            return
        }
        let codes = Set([agent] + hints.lazy.filter { $0.id <= last }.map(\.reasons))
        let lines = codes.flatMap {
            aggregator.dictionaries.text($0, .botReasons).split(separator: "\n").map(String.init)
        }
        botReasons = aggregator.code(.botReasons, lines: lines, origin)
    }
}
