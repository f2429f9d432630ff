extension SegmentRows {
    /// Reads the data needed to count the selected rows.
    func readDetails(
        _ columns: SegmentColumns,
        _ query: ScanQuery,
        _ needs: ScanNeeds,
        _ finder: BucketFinder
    ) throws(DamagedSegment) {
        eventCodes = [:]
        if needs.delivery {
            try columns.read(.emitted, into: emitted)
            try columns.read(.dropped, into: dropped)
            try columns.read(.lost, into: lost)
        }
        for list in needs.lists {
            switch list.column.scope {
            case .session, .pageView: _ = try load(list.column, columns)
            case .event, .resource: eventCodes[list.column] = try columns.codes(list.column)
            }
        }
        for vital in needs.vitals {
            let buffer = valueBuffers[vital.column] ?? RowBuffer()
            valueBuffers[vital.column] = buffer
            let bounds = try columns.read(vital.column, into: buffer)
            var remainders: [UInt32] = []
            if needs.remainders {
                remainders = try columns.numbers(vital.remainderColumn)
                for row in 0..<info.pageViews where buffer[row: row] != VitalCode.none {
                    guard VitalCode.value(buffer[row: row], remainders[row]) != nil else { throw DamagedSegment() }
                }
            }
            let (least, max) = (UInt16(clamping: bounds.least), UInt16(clamping: bounds.max))
            vitals[vital.rawValue] = SegmentValues(rows: buffer, least: least, max: max, remainders: remainders)
        }
        if needs.events, info.events > 0 { try readEvents(columns, query, finder) }
        if needs.lists.contains(where: { $0.column.scope == .resource }), info.resources > 0 {
            try readResources(columns, needs)
        }
    }

    private func readEvents(
        _ columns: SegmentColumns,
        _ query: ScanQuery,
        _ finder: BucketFinder
    ) throws(DamagedSegment) {
        let rows: [UInt32] = try columns.numbers(.eventPageView, max: UInt32(info.pageViews - 1))
        let times: [UInt32] = try columns.numbers(.eventTime, max: UInt32(info.lastTime - info.firstTime))
        let kinds: [UInt8] = try columns.numbers(.eventKind, max: EventKind.last.rawValue)
        let counts: [UInt32] = try columns.numbers(.eventCount)
        let issues = query.issues == nil ? nil : try columns.codes(.eventIssue)
        let wanted = issues?.dictionary.map { query.issues?.contains($0) ?? true }
        var (finder, events) = (finder, [Event]())
        var eventTimes: [UInt32] = []
        for index in rows.indices where passes(Int(rows[index])) && finder.isInRange(times[index]) {
            var kind = EventKind(rawValue: kinds[index]) ?? .invalid
            if let issues, let wanted, kind == .error || kind == .noise, !wanted[Int(issues.rows[index])] { continue }
            if query.noiseCountsAsErrors, kind == .error || kind == .noise {
                guard kind == .noise else { continue }
                kind = .error
            }
            let row = UInt16(rows[index])
            if query.latestErrorsMax > 0 { eventTimes.append(times[index]) }
            events.append(
                Event(
                    index: UInt32(index),
                    count: counts[index],
                    row: row,
                    session: owners[row],
                    bucket: UInt16(isOneBucket ? segmentBuckets.lowerBound : finder.bucket(times[index])),
                    kind: kind
                )
            )
        }
        (self.events, self.eventTimes) = (events, eventTimes)
    }

    private func readResources(_ columns: SegmentColumns, _ needs: ScanNeeds) throws(DamagedSegment) {
        let rows: [UInt32] = try columns.numbers(.resourcePageView, max: UInt32(info.pageViews - 1))
        let kinds: [UInt8] = try columns.numbers(.resourceKind, max: ResourceKind.thirdParty.rawValue)
        let durations: [UInt16] = try columns.numbers(.resourceDuration)
        var remainders: [UInt32] = []
        if needs.remainders {
            remainders = try columns.numbers(.resourceDurationRemainder)
            for (code, remainder) in zip(durations, remainders) {
                guard VitalCode.value(code, remainder) != nil else { throw DamagedSegment() }
            }
        }
        let bytes: [UInt64] = try columns.numbers(.resourceBytes)
        var resources: [Resource] = []
        for index in rows.indices where isInRange(Int(rows[index])) {
            resources.append(
                Resource(
                    index: UInt32(index),
                    row: UInt16(rows[index]),
                    duration: durations[index],
                    remainder: needs.remainders ? remainders[index] : 0,
                    bytes: Int64(truncatingIfNeeded: bytes[index]),
                    kind: ResourceKind(rawValue: kinds[index]) ?? .slow
                )
            )
        }
        self.resources = resources
    }
}

extension SegmentRows.Event {
    var lane: Int? {
        switch kind {
        case .error: Lane.errors
        case .custom: Lane.customEvents
        case .noise, .invalid, .notFound: nil
        }
    }
}
