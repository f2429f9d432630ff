-- Alerts: where they are sent, the rules, the alerts that began, and their deliveries. Times are seconds since 1970. A rule has the ids of its
-- channels separated by spaces, and the result of its last evaluation. The only row of alert_worker has the process that evaluates.
create table alert_channels (
    id text primary key,
    kind text not null,
    name text not null,
    target text not null,
    secret text,
    created_at integer not null
) strict, without rowid;

create table alert_rules (
    id text primary key,
    kind text not null,
    site text,
    name text not null,
    vital text,
    threshold real,
    minutes integer not null,
    samples_min integer not null,
    channels text not null,
    enabled integer not null,
    created_at integer not null,
    state text not null,
    value real,
    samples integer,
    reason text,
    evaluated_at integer
) strict, without rowid;

create table alerts (
    id text primary key,
    rule_id text not null,
    cause text not null,
    title text not null,
    value real,
    started_at integer not null,
    resolved_at integer,
    clear_count integer not null
) strict, without rowid;
create unique index alerts_open on alerts (rule_id, cause) where resolved_at is null;
create index alerts_started_at on alerts (started_at);

create table alert_deliveries (
    id text primary key,
    alert_id text not null,
    rule_id text not null,
    channel_id text not null,
    event text not null,
    number integer not null,
    subject text not null,
    body text not null,
    created_at integer not null,
    attempts integer not null,
    next_at integer not null,
    state text not null,
    failure text,
    finished_at integer
) strict, without rowid;
create index alert_deliveries_next_at on alert_deliveries (next_at) where state = 'pending';
create index alert_deliveries_alert on alert_deliveries (alert_id, channel_id);

create table alert_worker (
    id integer primary key check (id = 1),
    holder text,
    held_until integer not null
) strict;
insert into alert_worker (id, holder, held_until) values (1, null, 0);
