-- Issues know their origin and their releases, can be merged, and can be resolved or ignored under a condition.

-- When each release of a site was first seen: the order of its releases.
create table insight_releases (
    site text not null,
    release text not null,
    first_seen bigint not null,
    primary key (site, release)
);

-- The releases in which each issue was seen, and when. Errors of page views without a release have no row.
create table insight_issue_releases (
    issue text not null,
    site text not null,
    release text not null,
    first_seen bigint not null,
    last_seen bigint not null,
    primary key (issue, site, release)
);

-- Issues that the owner has merged into others: reports count their errors for target. No target is an issue of this table.
create table insight_issue_aliases (
    issue text not null primary key,
    target text not null,
    merged_at bigint not null
);

-- Conditions of decisions. An issue resolved in a release comes back in a newer one, and with in_next = 0 also in the release itself; one
-- that is ignored comes back after until_errors further errors or until_visitors further visitors.
alter table insight_issue_states add column release text;
alter table insight_issue_states add column in_next bigint not null default 0;
alter table insight_issue_states add column until_errors bigint;
alter table insight_issue_states add column until_visitors bigint;

-- Where an issue comes from: the first frame of the site's own code in its latest error.
alter table insight_issues add column culprit_function text not null default '';
alter table insight_issues add column culprit_file text not null default '';
alter table insight_issues add column culprit_line bigint not null default 0;

-- Errors are grouped by the site's own code, with other ids, and releases are known for all events: the rollups are rebuilt.
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
