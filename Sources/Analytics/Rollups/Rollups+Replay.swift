import Segments
import Storage
import Aggregation

extension Rollups {
    /// Sessions read by one query.
    private static let replayedMax = 64

    /// The event with the site to which it is attributed.
    func named(_ event: consuming StoredEvent, isNew: Bool) -> StoredEvent {
        event.site = names.site(event.site, of: event.id, seconds: event.seconds, isNew: isNew)
        return event
    }

    /// Adds events to their sessions, up to the memory limit of a portion.
    ///
    /// Sessions come from the cache or are rebuilt from their earlier events.
    /// - Returns: the number of events added, at least one.
    func add(_ events: [StoredEvent], before last: Int64, to portion: inout Portion) throws(StoreError) -> Int {
        var done = 0
        while done < events.count, done == 0 || portion.bytes < Portion.bytesMax {
            var unknown: Set<SessionID> = []
            var end = done
            while end < events.count {
                let id = SessionID(events[end])
                if portion.sessions[id] == nil, !unknown.contains(id) {
                    if let cached = sessions.take(id) {
                        portion.sessions[id] = cached
                        portion.bytes += cached.state.size
                    } else {
                        guard unknown.count < Self.replayedMax else { break }
                        unknown.insert(id)
                    }
                }
                end += 1
            }
            try replay(unknown, before: last, to: &portion)
            for event in events[done..<end] {
                aggregator.dictionaries.eventID = event.id
                // One lookup, because a session's id has three texts to hash.
                guard let index = portion.sessions.index(forKey: SessionID(event)) else {
                    // The session's events have been removed: its figures stay as they are.
                    if event.id > removed?.countedThrough ?? 0 { portion.lateEvents += 1 }
                    continue
                }
                let fingerprints = aggregator.fingerprints.count
                let size = portion.sessions.values[index].state.size
                let isCounted = portion.sessions.values[index].state.add(event, &aggregator)
                if isCounted { portion.sessions.values[index].hasChanged = true }
                // Fingerprints are not cleared once events have been removed.
                if event.id <= removed?.countedThrough ?? 0 { aggregator.dropFingerprints(from: fingerprints) }
                portion.bytes += portion.sessions.values[index].state.size - size
            }
            done = end
        }
        return done
    }

    /// Loads sessions that are not cached: rebuilds their states from their earlier events.
    ///
    /// Sessions whose events have been removed are left out.
    private func replay(_ ids: Set<SessionID>, before last: Int64, to portion: inout Portion) throws(StoreError) {
        guard !ids.isEmpty else { return }
        for id in ids {
            portion.sessions[id] = CachedSession(SessionState(id), key: aggregator.hashes.sessionKey(id))
        }
        if last > 0 { try readEvents(of: ids, through: last, to: &portion) }
        // After the events, so that those of a session that is being removed are either complete or not used.
        let removed = try removed?.among(ids.map { aggregator.hashes.sessionKey($0) }) ?? []
        for id in ids {
            guard let session = portion.sessions[id] else { continue }
            guard !removed.contains(session.key) else {
                portion.sessions[id] = nil
                continue
            }
            portion.bytes += session.state.size
            // The stored row is the one computed from these events.
            guard !session.state.records.isEmpty else { continue }
            portion.sessions[id]?.note(session.state.row(key: session.key, visitor: 0))
        }
    }

    private func readEvents(
        of ids: Set<SessionID>,
        through last: Int64,
        to portion: inout Portion
    ) throws(StoreError) {
        aggregator.isReplaying = true
        defer { aggregator.isReplaying = false }
        let (sql, parameters) = replayQuery(Array(ids))
        try database.stream(sql, [.integer(last)] + parameters, milliseconds: Self.readMilliseconds) { row in
            guard let event = StoredEvent(row).map({ named($0, isNew: false) }) else { return true }
            let id = SessionID(event)
            guard ids.contains(id) else { return true }
            aggregator.dictionaries.eventID = event.id
            portion.sessions[id]?.state.add(event, &aggregator)
            return true
        }
    }

    /// Query for the stored events of sessions: per session, no more than it can count (`SessionState.eventsMax`).
    private func replayQuery(_ ids: [SessionID]) -> (sql: String, parameters: [SQLValue]) {
        // Few distinct session counts, so that prepared statements are reused.
        var count = 1
        while count < ids.count { count *= 4 }
        let columns = StoredEvent.columns(database.dialect)
        let parts = (0..<count).map { index in
            """
            select * from (
                select \(columns) from collector_events as own
                where session_id = ?\(3 * index + 2) and visitor_id = ?\(3 * index + 3)
                    and \(Self.namedSite) = ?\(3 * index + 4) and id <= ?1
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

    /// The site to which an event is attributed, consistent with `AdmittedNames` for aggregated events.
    ///
    /// An SQL expression over the columns `id` and `site` of a table with the alias `own`.
    package static let namedSite = """
        case
            when coalesce(site, '') in ('', '\(DimensionDictionaries.otherText)') then coalesce(site, '')
            when exists (
                select 1 from rollup_sites as known where known.site = own.site and known.first_event_id <= own.id
            ) then site
            else '\(DimensionDictionaries.otherText)'
        end
        """
}
