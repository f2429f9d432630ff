-- What the owner's pages show, derived from collector_events by a follower: cells of a grain (0 minute, 1 hour, 2 day), a bucket of time
-- (seconds since 1970, UTC), a site, people (0) or robots (1), and the value of one dimension. Numbers stand apart from sketches, so that a
-- ranking does not walk over them. `collector rebuild` makes all of it anew.
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
) without rowid;

-- visitors is a HyperLogLog, the others are histograms of values told by page views.
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
) without rowid;

-- What an error is like; how often it came is in the cells of the dimension issue.
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
) without rowid;

-- What the owner has decided about an error; nothing derives it, so that a rebuild leaves it alone.
create table insight_issue_states (
    site text not null,
    issue text not null,
    state text not null,
    changed_at integer not null,
    primary key (site, issue)
) without rowid;

-- Visitors that behave like programs, and why.
create table insight_robots (
    visitor_id text not null,
    site text not null,
    score integer not null,
    reasons text not null,
    events integer not null,
    first_seen integer not null,
    last_seen integer not null,
    primary key (visitor_id, site)
) without rowid;

-- What each visitor's browser told of itself last: a line for each signal, its name and its hash.
create table insight_fingerprints (
    visitor_id text not null,
    site text not null,
    signals text not null,
    told integer not null,
    changed integer not null,
    first_seen integer not null,
    last_seen integer not null,
    primary key (visitor_id, site)
) without rowid;

-- How many visitors have which value of a signal; the signal "all" is the hash of all stable ones.
create table insight_signals (
    site text not null,
    signal text not null,
    hash text not null,
    visitors integer not null,
    primary key (signal, hash, site)
) without rowid;
create index insight_signals_shared on insight_signals (signal, visitors);

-- How many values of a signal have so many visitors, which is all that the entropy needs.
create table insight_signal_sizes (
    site text not null,
    signal text not null,
    visitors integer not null,
    hashes integer not null,
    primary key (site, signal, visitors)
) without rowid;

-- How often visitors have told a signal again, and how often it was another value then.
create table insight_signal_returns (
    site text not null,
    signal text not null,
    tellings integer not null,
    changes integer not null,
    primary key (site, signal)
) without rowid;

-- The last event that is in all of these, written in the same transaction.
create table insight_position (
    id integer primary key,
    last_event_id integer not null
);
insert into insight_position (id, last_event_id) values (1, 0);
