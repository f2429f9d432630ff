package import Segments

extension PageViewSlot {
    /// Its delivery; nil without a report.
    fileprivate var delivery: PageDelivery? {
        guard let report else { return nil }
        guard report.emitted <= PlausibleRanges.emittedEventsMax else { return .invalid }
        let lost = max(0, report.expected - max(numbered, report.stored))
        return PageDelivery(
            emitted: UInt32(clamping: report.emitted),
            dropped: UInt32(clamping: report.dropped),
            lost: UInt32(clamping: lost)
        )
    }
}

extension SessionState {
    /// Computes the session's row from its events; `key` is the hash of its id.
    package func row(key: UInt64, visitor: UInt32) -> SessionRow {
        let counting = records.prefix(Self.eventsMax)
        var views = pageViews.map { PageViewAggregator(path: $0.firstPath) }
        for record in counting { views[Int(record.pageView)].add(record, self) }
        let order = views.indices.filter { views[$0].firstID != nil }.sorted { views[$0].order < views[$1].order }
        for index in order where views[index].row.isCounted { views[index].row.delivery = pageViews[index].delivery }
        var numbers = [UInt16](repeating: 0, count: views.count)
        for (number, index) in order.enumerated() { numbers[index] = UInt16(clamping: number) }
        var row = SessionRow(key: key, visitor: visitor, pageViews: order.map { views[$0].row })
        row.site = site
        row.botReasons = botReasons
        let opening = order.lazy.compactMap { views[$0].opening }.first
        describe(&row, opening)
        row.events.reserveCapacity(eventRows.count)
        for record in counting {
            let number = numbers[Int(record.pageView)]
            for var event in eventRows[record.eventRange] where row.events.count < Self.eventRowsMax {
                event.pageView = number
                row.events.append(event)
            }
            for var resource in resources[record.resourceRange] where row.resources.count < Self.resourceRowsMax {
                resource.pageView = number
                row.resources.append(resource)
            }
        }
        return row
    }

    /// Limits of event and resource rows per session; further rows are excluded from all figures.
    static let eventRowsMax = 65_535
    static let resourceRowsMax = 65_535

    /// Codes of the session's user agent: that of its first counted page view, or of its first event.
    var agent: AgentCodes {
        // Same order as in `row`.
        var first: [(order: (Int64, Int64), opening: Int)?] = Array(repeating: nil, count: pageViews.count)
        for record in records.prefix(Self.eventsMax) where record.kind == .pageView {
            let slot = Int(record.pageView)
            if first[slot] == nil { first[slot] = ((record.time, record.id), Int(record.detail)) }
        }
        let opening = first.compactMap(\.self).min { $0.order < $1.order }?.opening
        return opening.map { openings[$0].agent } ?? firstAgent
    }

    private func describe(_ row: inout SessionRow, _ opening: Int?) {
        let agent = opening.map { openings[$0].agent } ?? firstAgent
        (row.traffic, row.system, row.device) = (agent.traffic, agent.system, agent.device)
        (row.browser, row.browserVersion) = browser(agent)
        row.systemVersion = agent.systemVersion
        guard let opening = opening.map({ openings[$0] }) else { return }
        (row.screen, row.language) = (opening.screen, opening.language)
        (row.country, row.region) = (opening.location.country, opening.location.region)
        (row.city, row.locationSource) = (opening.location.city, opening.location.source)
        (row.referrer, row.campaign, row.channel) = (opening.referrer, opening.campaign, opening.channel)
        (row.utmSource, row.utmMedium) = (opening.utmSource, opening.utmMedium)
        (row.utmTerm, row.utmContent) = (opening.utmTerm, opening.utmContent)
        row.imported = opening.imported
    }

    /// Aggregates the events of a page view, added in the order of their ids.
    private struct PageViewAggregator {
        var row = PageViewRow(time: 0)
        var firstID: Int64?
        /// Id and `openings` index of the first `pageview` event.
        var openingID: Int64?
        var opening: Int?
        /// Highest `seq` so far, indexed by vital.
        var seqs = InlineArray<5, Int64>(repeating: .min)
        var engagementSeq = Int64.min
        var scrollSeq = Int64.min

        init(path: UInt32) { row.path = path }

        var order: (Int64, Int64) { (row.time, openingID ?? firstID ?? 0) }

        mutating func add(_ record: Record, _ state: SessionState) {
            row.eventsReceived += 1
            if firstID == nil {
                firstID = record.id
                row.time = record.time
            }
            let detail = Int(record.detail)
            switch record.kind {
            case .pageView where opening == nil: open(record, state.openings[detail])
            case .vitals: add(state.vitals[detail])
            case .engagement: add(state.engagements[detail])
            case .pageView, .resources, .other: break
            }
        }

        private mutating func open(_ record: Record, _ event: Opening) {
            (openingID, opening) = (record.id, Int(record.detail))
            row.time = record.time
            row.isCounted = true
            (row.path, row.release, row.connection) = (event.path, event.release, event.connection)
        }

        /// Of values with equal `seq`, the later event wins.
        private mutating func add(_ report: VitalsReport) {
            if row.navigation == DimensionDictionaries.none { row.navigation = report.navigation }
            for vital in Vital.allCases {
                let index = vital.rawValue
                let value = report.values[index]
                guard !value.isNaN, report.seq >= seqs[index] else { continue }
                seqs[index] = report.seq
                row.vitals[index] = value
                switch vital {
                case .lcp: (row.lcpElement, row.lcpPart) = (report.lcpElement, report.lcpPart)
                case .inp: (row.inpElement, row.inpPart) = (report.inpElement, report.inpPart)
                case .cls: row.clsElement = report.clsElement
                case .fcp, .ttfb: break
                }
            }
        }

        private mutating func add(_ report: EngagementReport) {
            if let milliseconds = report.milliseconds, report.seq >= engagementSeq {
                (row.engagement, engagementSeq) = (milliseconds, report.seq)
            }
            if let depth = report.scrollDepth, report.seq >= scrollSeq {
                (row.scrollDepth, scrollSeq) = (depth, report.seq)
            }
        }
    }
}
