-- Goals of the owner: a page by a pattern, or a custom event by its name and perhaps a member of its payload. site is null for a goal of all
-- sites; type is 'page' or 'event'; created_at is in microseconds since 1970.
create table insight_goals (
    id text primary key,
    site text,
    name text not null,
    type text not null,
    match text not null,
    property text,
    property_value text,
    created_at bigint not null
);

-- Segments have the value and the currency of custom events from now on: the rollups are rebuilt from the events.
delete from segments;
delete from segment_columns;
delete from dimension_values;
delete from visitor_numbers;
delete from insight_issues;
delete from insight_fingerprints;
delete from insight_signals;
delete from insight_signal_sizes;
delete from insight_signal_returns;
delete from rollup_sites;
delete from rollup_signals;
delete from rollup_admissions;
delete from rollup_dead_letters;
update insight_position
set reason = case when exists (select 1 from collector_events) then 'upgrade' end, last_event_id = 0,
    generation = generation + 1, version = version + 1, visitors = 0, last_received_at = null, dead_letters_unlisted = 0;
