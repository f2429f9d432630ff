-- The location of a page view by the client's address or a proxy; null when unknown, and for other events. New nullable
-- columns do not rewrite the table. Sessions have regions, cities and countries by time zone from now on: the rollups are
-- rebuilt from the events.
alter table collector_events add column country text;
alter table collector_events add column region text;
alter table collector_events add column city text;
alter table collector_events add column location_source text;
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
