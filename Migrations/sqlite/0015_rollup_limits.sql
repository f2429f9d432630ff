-- Limits for the names that senders choose, a list of the events that could not be taken in, and a position that notices when the events
-- were replaced. Which names have rows of their own follows from the order of the events, so the rollups are emptied and built again.
-- The tables are strict from now on: a number that has become too large is refused instead of kept as a REAL.
drop table insight_counts;
create table insight_counts (
    dimension text not null,
    grain integer not null,
    bucket integer not null,
    site text not null,
    audience integer not null,
    value text not null,
    events integer not null,
    views integer not null,
    sessions integer not null,
    bounces integer not null,
    errors integer not null,
    engagements integer not null,
    engaged_ms integer not null,
    amount integer not null,
    primary key (dimension, grain, bucket, site, audience, value)
) strict, without rowid;

drop table insight_sketches;
create table insight_sketches (
    dimension text not null,
    grain integer not null,
    bucket integer not null,
    site text not null,
    audience integer not null,
    value text not null,
    visitors blob,
    lcp blob,
    inp blob,
    cls blob,
    fcp blob,
    ttfb blob,
    duration blob,
    primary key (dimension, grain, bucket, site, audience, value)
) strict, without rowid;

drop table insight_issues;
create table insight_issues (
    site text not null,
    issue text not null,
    kind text not null,
    name text not null,
    message text not null,
    first_seen integer not null,
    last_seen integer not null,
    last_event_id integer not null,
    browsers text not null,
    paths text not null,
    primary key (site, issue)
) strict, without rowid;

drop table insight_robots;
create table insight_robots (
    visitor_id text not null,
    site text not null,
    score integer not null,
    reasons text not null,
    events integer not null,
    first_seen integer not null,
    last_seen integer not null,
    primary key (visitor_id, site)
) strict, without rowid;

drop table insight_fingerprints;
create table insight_fingerprints (
    visitor_id text not null,
    site text not null,
    signals text not null,
    told integer not null,
    changed integer not null,
    first_seen integer not null,
    last_seen integer not null,
    primary key (visitor_id, site)
) strict, without rowid;

drop table insight_signals;
create table insight_signals (
    site text not null,
    signal text not null,
    hash text not null,
    visitors integer not null,
    primary key (signal, hash, site)
) strict, without rowid;

drop table insight_signal_sizes;
create table insight_signal_sizes (
    site text not null,
    signal text not null,
    visitors integer not null,
    hashes integer not null,
    primary key (site, signal, visitors)
) strict, without rowid;

drop table insight_signal_returns;
create table insight_signal_returns (
    site text not null,
    signal text not null,
    tellings integer not null,
    changes integer not null,
    primary key (site, signal)
) strict, without rowid;

-- Values that more than one visitor shares, the most shared first: over all sites, and of one.
create index insight_signals_shared on insight_signals (signal, visitors) where visitors > 1;
create index insight_signals_shared_of_site on insight_signals (site, signal, visitors) where visitors > 1;

create index insight_robots_last_seen on insight_robots (last_seen);

-- Sites that have figures of their own, from the event on that was their first; day is that event's (seconds since 1970, UTC). Events of
-- other sites count under "(other)".
create table rollup_sites (
    site text not null primary key,
    first_event_id integer not null,
    day integer not null
) strict;

-- Names of signals that have figures of their own, by site.
create table rollup_signals (
    site text not null,
    signal text not null,
    primary key (site, signal)
) strict, without rowid;

-- How many visitors of a kind were given a row of their own on a day: "bot", "fingerprint".
create table rollup_admissions (
    kind text not null,
    day integer not null,
    admitted integer not null,
    primary key (kind, day)
) strict, without rowid;

-- Events that the database refused to take into the rollups; the rollups are those of all others. `collector rebuild` tries them again.
create table rollup_dead_letters (
    event_id integer primary key,
    reason text not null,
    at integer not null
) strict;

-- generation grows whenever the rollups are emptied; reason says why that was done until they are complete again; last_received_at
-- (microseconds since 1970) is that of the event at the position, where there is one; dead_letters_unlisted counts events that were set
-- aside when the list was full.
alter table insight_position add column generation integer not null default 0;
alter table insight_position add column reason text;
alter table insight_position add column last_received_at integer;
alter table insight_position add column dead_letters_unlisted integer not null default 0;
update insight_position set reason = case when exists (select 1 from collector_events) then 'upgrade' end, last_event_id = 0;
