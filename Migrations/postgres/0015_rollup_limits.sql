-- Limits for the names that senders choose, a list of the events that could not be taken in, and a position that notices when the events
-- were replaced. Which names have rows of their own follows from the order of the events, so the rollups are emptied and built again.
truncate insight_counts, insight_sketches, insight_issues, insight_robots, insight_fingerprints, insight_signals,
    insight_signal_sizes, insight_signal_returns;

drop index insight_signals_shared;
-- Values that more than one visitor shares, the most shared first: over all sites, and of one.
create index insight_signals_shared on insight_signals (signal, visitors) where visitors > 1;
create index insight_signals_shared_of_site on insight_signals (site, signal, visitors) where visitors > 1;

create index insight_robots_last_seen on insight_robots (last_seen);

-- Sites that have figures of their own, from the event on that was their first; day is that event's (seconds since 1970, UTC). Events of
-- other sites count under "(other)".
create table rollup_sites (
    site text not null primary key,
    first_event_id bigint not null,
    day bigint not null
);

-- Names of signals that have figures of their own, by site.
create table rollup_signals (
    site text not null,
    signal text not null,
    primary key (site, signal)
);

-- How many visitors of a kind were given a row of their own on a day: "bot", "fingerprint".
create table rollup_admissions (
    kind text not null,
    day bigint not null,
    admitted bigint not null,
    primary key (kind, day)
);

-- Events that the database refused to take into the rollups; the rollups are those of all others. `collector rebuild` tries them again.
create table rollup_dead_letters (
    event_id bigint primary key,
    reason text not null,
    at bigint not null
);

-- generation grows whenever the rollups are emptied; reason says why that was done until they are complete again; last_received_at
-- (microseconds since 1970) is that of the event at the position, where there is one; dead_letters_unlisted counts events that were set
-- aside when the list was full.
alter table insight_position add column generation bigint not null default 0;
alter table insight_position add column reason text;
alter table insight_position add column last_received_at bigint;
alter table insight_position add column dead_letters_unlisted bigint not null default 0;
update insight_position set reason = case when exists (select 1 from collector_events) then 'upgrade' end, last_event_id = 0;
