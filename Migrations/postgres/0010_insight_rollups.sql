-- What the owner's pages show, derived from collector_events by a follower: cells of a grain (0 minute, 1 hour, 2 day), a bucket of time
-- (seconds since 1970, UTC), a site, people (0) or robots (1), and the value of one dimension. Numbers stand apart from sketches, so that a
-- ranking does not walk over them. `collector rebuild` makes all of it anew.
create table insight_counts (
    dimension text not null,
    grain bigint not null,
    bucket bigint not null,
    site text not null,
    audience bigint not null,
    value text not null,
    events bigint not null,
    views bigint not null,
    sessions bigint not null,
    bounces bigint not null,
    errors bigint not null,
    engagements bigint not null,
    engaged_ms bigint not null,
    amount bigint not null,
    primary key (dimension, grain, bucket, site, audience, value)
);

-- visitors is a HyperLogLog, the others are histograms of values told by page views.
create table insight_sketches (
    dimension text not null,
    grain bigint not null,
    bucket bigint not null,
    site text not null,
    audience bigint not null,
    value text not null,
    visitors bytea,
    lcp bytea,
    inp bytea,
    cls bytea,
    fcp bytea,
    ttfb bytea,
    duration bytea,
    primary key (dimension, grain, bucket, site, audience, value)
);

-- What an error is like; how often it came is in the cells of the dimension issue.
create table insight_issues (
    site text not null,
    issue text not null,
    kind text not null,
    name text not null,
    message text not null,
    first_seen bigint not null,
    last_seen bigint not null,
    last_event_id bigint not null,
    browsers text not null,
    paths text not null,
    primary key (site, issue)
);

-- What the owner has decided about an error; nothing derives it, so that a rebuild leaves it alone.
create table insight_issue_states (
    site text not null,
    issue text not null,
    state text not null,
    changed_at bigint not null,
    primary key (site, issue)
);

-- Visitors that behave like programs, and why.
create table insight_robots (
    visitor_id text not null,
    site text not null,
    score bigint not null,
    reasons text not null,
    events bigint not null,
    first_seen bigint not null,
    last_seen bigint not null,
    primary key (visitor_id, site)
);

-- What each visitor's browser told of itself last: a line for each signal, its name and its hash.
create table insight_fingerprints (
    visitor_id text not null,
    site text not null,
    signals text not null,
    told bigint not null,
    changed bigint not null,
    first_seen bigint not null,
    last_seen bigint not null,
    primary key (visitor_id, site)
);

-- How many visitors have which value of a signal; the signal "all" is the hash of all stable ones.
create table insight_signals (
    site text not null,
    signal text not null,
    hash text not null,
    visitors bigint not null,
    primary key (signal, hash, site)
);
create index insight_signals_shared on insight_signals (signal, visitors);

-- How many values of a signal have so many visitors, which is all that the entropy needs.
create table insight_signal_sizes (
    site text not null,
    signal text not null,
    visitors bigint not null,
    hashes bigint not null,
    primary key (site, signal, visitors)
);

-- How often visitors have told a signal again, and how often it was another value then.
create table insight_signal_returns (
    site text not null,
    signal text not null,
    tellings bigint not null,
    changes bigint not null,
    primary key (site, signal)
);

-- The last event that is in all of these, written in the same transaction.
create table insight_position (
    id bigint primary key,
    last_event_id bigint not null
);
insert into insight_position (id, last_event_id) values (1, 0);
