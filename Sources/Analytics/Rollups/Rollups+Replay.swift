import Segments
import Storage
import Aggregation

extension Rollups {
    /// Sessions read by one query.
    private static let replayedMax = 64

    /// Sets the site to which an event is attributed.
    func name(_ event: inout StoredEvent, isNew: Bool) {
        event.site = names.site(event.site, of: event.id, seconds: event.seconds, isNew: isNew)
    }

    /// Adds events to their sessions, up to the memory limit of a portion.
    ///
    /// Sessions come from the cache or are rebuilt from their earlier events.
    /// - Returns: the number of events added, at least one.
    func add(_ events: [StoredEvent], before last: Int64, to portion: inout Portion) throws(StoreError) -> Int {
        // Elements of a span are not copied.
        let span = events.span
        var done = 0
        while done < events.count, done == 0 || portion.bytes < Portion.bytesMax {
            var unknown: [SessionID: Int] = [:]
            // Indices of the sessions of the events.
            var numbers: [Int] = []
            for index in done..<events.count {
                let id = SessionID(span[index])
                if let known = portion.numbers[id] {
                    numbers.append(known)
                } else if let cached = sessions.take(id) {
                    numbers.append(portion.append(cached))
                } else {
                    guard unknown.count < Self.replayedMax else { break }
                    let key = aggregator.hashes.sessionKey(id)
                    numbers.append(portion.append(CachedSession(SessionState(id), key: key)))
                    unknown[id] = numbers.last
                }
            }
            try replay(unknown, before: last, to: &portion)
            for (index, number) in zip(done..., numbers) { add(span[index], to: number, of: &portion) }
            done += numbers.count
        }
        return done
    }

    /// Loads sessions that the portion does not have.
    func load(_ ids: [SessionID], before last: Int64, to portion: inout Portion) throws(StoreError) {
        var unknown: [SessionID: Int] = [:]
        for id in ids where portion.numbers[id] == nil {
            if let cached = sessions.take(id) {
                _ = portion.append(cached)
                continue
            }
            unknown[id] = portion.append(CachedSession(SessionState(id), key: aggregator.hashes.sessionKey(id)))
            guard unknown.count == Self.replayedMax else { continue }
            try replay(unknown, before: last, to: &portion)
            unknown = [:]
        }
        try replay(unknown, before: last, to: &portion)
    }

    private func add(_ event: StoredEvent, to number: Int, of portion: inout Portion) {
        aggregator.dictionaries.eventID = event.id
        let countedThrough = removed?.countedThrough ?? 0
        guard !portion.sessions[number].isRemoved else {
            // The session's events have been removed: its figures stay as they are.
            if event.id > countedThrough { portion.lateEvents += 1 }
            return
        }
        let fingerprints = aggregator.fingerprints.count
        let size = portion.sessions[number].state.size
        let pageView = SessionState.pageView(event.pageviewID)
        let isNew = !portion.sessions[number].state.has(pageView).events
        let isCounted = portion.sessions[number].state.add(event, &aggregator)
        if isCounted { portion.sessions[number].hasChanged = true }
        touch(event, PageViewKey(session: number, pageView: pageView), isNew: isNew, isCounted: isCounted, &portion)
        // Fingerprints are not cleared once events have been removed.
        if event.id <= countedThrough { aggregator.dropFingerprints(from: fingerprints) }
        portion.bytes += portion.sessions[number].state.size - size
    }

    /// Notes that the delivery of a page view may have changed.
    private func touch(
        _ event: StoredEvent,
        _ key: PageViewKey,
        isNew: Bool,
        isCounted: Bool,
        _ portion: inout Portion
    ) {
        // The events of a session that is loaded were noted when they were new.
        guard !aggregator.isReplaying else {
            if isNew {
                portion.touched[key] = TouchedPageView(id: event.pageviewID, isNew: true, isElsewhere: false)
            }
            return
        }
        guard event.seq > 0 || isNew else { return }
        let isElsewhere = !isCounted || !portion.sessions[key.session].state.has(key.pageView).opening
        let known = portion.touched[key]
        portion.touched[key] = TouchedPageView(
            id: event.pageviewID,
            isNew: isNew || known?.isNew == true,
            isElsewhere: isElsewhere || known?.isElsewhere == true
        )
    }

    /// Loads sessions that are not cached, given with their indices: rebuilds their states from their earlier events.
    ///
    /// Those whose events have been removed are marked so.
    private func replay(_ sessions: [SessionID: Int], before last: Int64, to portion: inout Portion) throws(StoreError)
    {
        guard !sessions.isEmpty else { return }
        if last > 0 { try readEvents(of: sessions, through: last, to: &portion) }
        // After the events, so that those of a session that is being removed are either complete or not used.
        let removed = try removed?.among(sessions.values.map { portion.sessions[$0].key }) ?? []
        for number in sessions.values {
            if removed.contains(portion.sessions[number].key) {
                portion.discard(number)
            } else if !portion.sessions[number].state.records.isEmpty {
                // The stored row is the one computed from these events.
                portion.sessions[number].note(portion.sessions[number].row())
            }
        }
    }

    private func readEvents(
        of sessions: [SessionID: Int],
        through last: Int64,
        to portion: inout Portion
    ) throws(StoreError) {
        aggregator.isReplaying = true
        defer { aggregator.isReplaying = false }
        let (sql, parameters) = replayQuery(Array(sessions.keys))
        try database.stream(sql, [.integer(last)] + parameters, milliseconds: Self.readMilliseconds) { row in
            guard var event = StoredEvent(row) else { return true }
            name(&event, isNew: false)
            if let number = sessions[SessionID(event)] { add(event, to: number, of: &portion) }
            return true
        }
    }

    /// Query for the stored events of sessions: per session, no more than it can count (`SessionState.eventsMax`).
    ///
    /// The names of sites are joined as a subquery, since `verify` has them in a temporary table, which a distributed
    /// database does not join with its events otherwise.
    private func replayQuery(_ ids: [SessionID]) -> (sql: String, parameters: [SQLValue]) {
        // Few distinct session counts, so that prepared statements are reused.
        var count = 1
        while count < ids.count { count *= 4 }
        let columns = StoredEvent.columns(database.dialect)
        let parts = (0..<count).map { index in
            """
            select * from (
                select \(columns) from collector_events as own
                left join (select site as name, first_event_id from rollup_sites) as known on known.name = own.site
                where session_id = ?\(3 * index + 2) and visitor_id = ?\(3 * index + 3)
                    and \(Self.namedSite("known.first_event_id <= own.id")) = ?\(3 * index + 4) and id <= ?1
                    and id not in (select event_id from rollup_dead_letters)
                order by id
                limit \(SessionState.eventsMax)
            ) as found_\(index)
            """
        }
        let names = ids.flatMap { [SQLValue.text($0.sessionID), .text($0.visitorID), .text($0.site)] }
        let padding = [SQLValue](repeating: .null, count: 3 * (count - ids.count))
        return (parts.joined(separator: " union all "), names + padding)
    }

    /// The site to which figures attribute events of sites that have none of their own.
    static let otherSite = DimensionDictionaries.otherText

    /// The site to which an event is attributed, consistent with `AdmittedNames` for aggregated events.
    ///
    /// An SQL expression over the columns `id` and `site` of a table with the alias `own`.
    package static let namedSite = namedSite(
        "exists (select 1 from rollup_sites as known where known.site = own.site and known.first_event_id <= own.id)"
    )

    /// `isAdmitted`: whether the site has a name of its own for the event, an SQL condition.
    private static func namedSite(_ isAdmitted: String) -> String {
        """
        case
            when coalesce(own.site, '') in ('', '\(DimensionDictionaries.otherText)') then coalesce(own.site, '')
            when \(isAdmitted) then own.site
            else '\(DimensionDictionaries.otherText)'
        end
        """
    }
}
