import Events
import Storage

/// SQL statements that write records, used by the writers of plain and of distributed databases.
enum RecordSQL {
    /// The numbers of array parameters of each kind of record.
    static let eventArrays = 19
    static let submissionArrays = 13
    static let reportArrays = 9

    static let insertEvents = """
        insert into collector_events (
            received_at, client_timestamp, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, ip_hash,
            user_agent, payload, event_id, site, client_timestamp_original, country, region, city, location_source
        )
        select *
        from unnest(
            $1::timestamptz[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::uuid[], $14::text[], $15::timestamptz[],
            $16::text[], $17::text[], $18::text[], $19::text[]
        )
        """

    /// The statement that inserts delivery reports, from array parameters that start at `parameter`.
    ///
    /// Must be followed by a clause for existing rows, such as `greater`, and follow a CTE `mark` with the column
    /// `revision`: without its row, it inserts nothing.
    static func insertReports(from parameter: Int) -> String {
        let types = ["text", "text", "text", "text", "jsonb", "integer", "integer", "timestamptz", "timestamptz"]
        let arrays = types.enumerated().map { "$\(parameter + $0.offset)::\($0.element)[]" }.joined(separator: ", ")
        return """
            insert into delivery_reports as kept (
                pageview_id, visitor_id, session_id, site, drop_reasons, emitted, dropped, first_received_at, last_received_at,
                revision
            )
            select report.*, mark.revision
            from unnest(\(arrays)) as report cross join mark
            """
    }

    static let greater = """

        on conflict (pageview_id, visitor_id) do update
        set emitted = greatest(kept.emitted, excluded.emitted),
            drop_reasons = case when excluded.dropped > kept.dropped then excluded.drop_reasons else kept.drop_reasons end,
            dropped = greatest(kept.dropped, excluded.dropped),
            revision = case
                when excluded.emitted > kept.emitted or excluded.dropped > kept.dropped
                    then greatest(kept.revision, excluded.revision)
                else kept.revision
            end,
            first_received_at = least(kept.first_received_at, excluded.first_received_at),
            last_received_at = greatest(kept.last_received_at, excluded.last_received_at)
        """

    /// The statement that updates one existing delivery report, with the same parameters as `insertReports`: arrays of one element.
    ///
    /// The last condition is always true. Without it, the server could not determine the types of these parameters.
    static func updateReport(revision: String) -> String {
        """
        update delivery_reports
        set emitted = greatest(emitted, ($6::integer[])[1]),
            drop_reasons = case when ($7::integer[])[1] > dropped then ($5::jsonb[])[1] else drop_reasons end,
            dropped = greatest(dropped, ($7::integer[])[1]),
            revision = case
                when ($6::integer[])[1] > emitted or ($7::integer[])[1] > dropped then greatest(revision, \(revision)::bigint)
                else revision
            end,
            first_received_at = least(first_received_at, ($8::timestamptz[])[1]),
            last_received_at = greatest(last_received_at, ($9::timestamptz[])[1])
        where pageview_id = ($1::text[])[1] and visitor_id = ($2::text[])[1]
            and ($3::text[])[1] is not null and ($4::text[]) is not null
        """
    }

    static func insertSubmissions(from parameter: Int) -> String {
        let jsons = Array(repeating: "jsonb", count: 7)
        let types = ["timestamp", "timestamptz", "text"] + jsons + ["text", "text", "text"]
        let arrays = types.enumerated().map { "$\(parameter + $0.offset)::\($0.element)[]" }.joined(separator: ", ")
        return """
            insert into debug_data (
                timestamp, client_timestamp, ip, browser_info, performance_data, fingerprints, errors, network, battery,
                benchmarks, visitor_id, session_id, pageview_id
            )
            select *
            from unnest(\(arrays))
            """
    }

    /// Text parameters of `insertEvents` and of `insertReports` for one row without values, of this visitor.
    ///
    /// `updateReport` has the same parameters as `insertReports`.
    static func control(visitor: String) -> (event: [String], report: [String]) {
        let (none, text, object) = ("{NULL}", "{control}", #"{"{}"}"#)
        let event = [
            "{now}", none, "{\(visitor)}", text, text, text, "{0}", none, none, none,
            none, object, none, none, none, none, none, none, none,
        ]
        return (event, [text, "{\(visitor)}", text, none, object, "{0}", "{0}", "{now}", "{now}"])
    }
}

extension BatchID {
    /// The batch that a writer uses to check whether it can write any.
    ///
    /// Its source has one row at most in a table of positions, which can be written again and again.
    static let control = BatchID(
        source: BatchSource(id: EventID(high: 0, low: 0), isJournal: false),
        number: 0,
        previous: 0
    )
}
