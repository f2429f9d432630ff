-- Alerts: where they are sent, the rules, the alerts that began, and their deliveries. Times are seconds since 1970. A rule has the ids of its
-- channels separated by spaces, and the result of its last evaluation. The only row of alert_worker has the process that evaluates.
create table if not exists alert_channels (
    id text primary key,
    kind text not null,
    name text not null,
    target text not null,
    secret text,
    created_at bigint not null
);

create table if not exists alert_rules (
    id text primary key,
    kind text not null,
    site text,
    name text not null,
    vital text,
    threshold double precision,
    minutes bigint not null,
    samples_min bigint not null,
    channels text not null,
    enabled bigint not null,
    created_at bigint not null,
    state text not null,
    value double precision,
    samples bigint,
    reason text,
    evaluated_at bigint
);

create table if not exists alerts (
    id text primary key,
    rule_id text not null,
    cause text not null,
    title text not null,
    value double precision,
    started_at bigint not null,
    resolved_at bigint,
    clear_count bigint not null
);
create unique index if not exists alerts_open on alerts (rule_id, cause) where resolved_at is null;
create index if not exists alerts_started_at on alerts (started_at);

create table if not exists alert_deliveries (
    id text primary key,
    alert_id text not null,
    rule_id text not null,
    channel_id text not null,
    event text not null,
    number bigint not null,
    subject text not null,
    body text not null,
    created_at bigint not null,
    attempts bigint not null,
    next_at bigint not null,
    state text not null,
    failure text,
    finished_at bigint
);
create index if not exists alert_deliveries_next_at on alert_deliveries (next_at) where state = 'pending';
create index if not exists alert_deliveries_alert on alert_deliveries (alert_id, channel_id);

create table if not exists alert_worker (
    id bigint primary key check (id = 1),
    holder text,
    held_until bigint not null
);
insert into alert_worker (id, holder, held_until) values (1, null, 0) on conflict do nothing;
