-- Errors of no fault of the site (browser extensions, ResizeObserver loops, "Script error.") are issues of their own; noise says which
-- kind they are and is null for all other issues.
alter table insight_issues add column noise text;

-- The parts of vitals have the names of web-vitals from now on, and presentationDelay counts: the rollups are rebuilt from the events.
delete from insight_counts;
delete from insight_sketches;
delete from insight_issues;
delete from insight_robots;
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
    generation = generation + 1, last_received_at = null, dead_letters_unlisted = 0;
