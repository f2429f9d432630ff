-- Sessions have channels, UTM parameters and versions from now on, and missing pages are counted: the rollups are rebuilt from the
-- events.
delete from segments;
delete from segment_columns;
delete from dimension_values;
delete from visitor_numbers;
delete from insight_issues;
delete from insight_releases;
delete from insight_issue_releases;
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

-- Named sets of filters of the owner: filters are JSON as in the API. Times are seconds since 1970.
create table saved_segments (
    id text primary key,
    name text not null unique,
    filters text not null,
    updated_at bigint not null
);
