import Storage

extension SQLDialect {
    /// The first key of the advisory locks of turns; an arbitrary number.
    private static let turns = 720_615

    static let postgres = SQLDialect(
        microseconds: { "(extract(epoch from \($0)) * 1000000)::bigint" },
        // Truncated: rows stored before numbers were limited can be a thousand times as long as what was sent.
        json: { "left(\($0)::text, \(ReadBudget.valueCharactersMax + 1))" },
        time: { "to_timestamp(\($0)::float8)" },
        timeKey: { "(extract(epoch from \($0)) * 1000000)::bigint" },
        // A float8 represents the whole microseconds of all realistic years exactly.
        timeOfKey: { "('1970-01-01 00:00:00+00'::timestamptz + \($0)::bigint * interval '1 microsecond')" },
        keyOfTime: { .integer($0) },
        jsonOfText: { "\($0)::jsonb" },
        uuidOfText: { "\($0)::uuid" },
        reserveIDs: { table in
            """
            select setval(own.name, ?1)
            from (select pg_get_serial_sequence('\(table)', 'id')::regclass as name) as own
            where coalesce(pg_sequence_last_value(own.name), 0) < ?1
            """
        },
        bytewise: { "\($0) collate \"C\"" },
        turn: { "select pg_advisory_xact_lock(\(turns), hashtext('\($0)'))" }
    )
}
