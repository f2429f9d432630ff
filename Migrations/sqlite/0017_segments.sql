-- Figures come from segments from now on: sessions with their page views, errors and resources, column by column. The rows of one
-- dimension that there were before go; the segments are built from the events while the server runs.
drop table insight_counts;
drop table insight_sketches;
drop table insight_robots;
delete from rollup_admissions where kind = 'bot';

-- first_time and last_time are seconds since 1970 (UTC) of the first and the last page view or event, times in the columns count from
-- first_time. dead has a bit for each session that has been replaced by one in another segment.
create table segments (
    id integer primary key,
    first_time integer not null,
    last_time integer not null,
    sessions integer not null,
    page_views integer not null,
    events integer not null,
    resources integer not null,
    dead_sessions integer not null default 0,
    dead blob
) strict;
create index segments_time on segments (last_time, first_time);

create table segment_columns (
    segment_id integer not null,
    column_id integer not null,
    data blob not null,
    primary key (segment_id, column_id)
) strict;

-- The texts behind the codes in columns; site (a code), day (seconds since 1970, UTC) and event_id are those of the event that added it:
-- events before it that named the same text found no room for it.
create table dimension_values (
    dictionary integer not null,
    code integer not null,
    value text not null,
    site integer not null,
    day integer not null,
    event_id integer not null,
    primary key (dictionary, code)
) strict, without rowid;

-- The number of each visitor, by the keyed hash of its id: distinct visitors are counted by number.
create table visitor_numbers (
    hash integer primary key,
    number integer not null
) strict;

-- How often an issue came, and to whom, is in the segments.
alter table insight_issues drop column browsers;
alter table insight_issues drop column paths;

delete from insight_issues;
delete from insight_fingerprints;
delete from insight_signals;
delete from insight_signal_sizes;
delete from insight_signal_returns;
delete from rollup_sites;
delete from rollup_signals;
delete from rollup_admissions;
delete from rollup_dead_letters;
-- version grows with every change of the segments: of several processes that write, one wins. last_segment_id is the highest id that a segment
-- has had, visitors how many numbers visitors have been given.
alter table insight_position add column version integer not null default 0;
alter table insight_position add column last_segment_id integer not null default 0;
alter table insight_position add column visitors integer not null default 0;
update insight_position
set reason = case when exists (select 1 from collector_events) then 'upgrade' end, last_event_id = 0,
    generation = generation + 1, last_received_at = null, dead_letters_unlisted = 0;
