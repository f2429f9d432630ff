-- One row for each event of a page view.
create table if not exists collector_events (
    id bigserial primary key,
    received_at timestamptz not null default now(),
    client_timestamp timestamptz,
    visitor_id text not null,
    session_id text not null,
    pageview_id text not null,
    event_type text not null,
    seq integer not null default 0,
    path text,
    referrer text,
    ip_hash text,
    user_agent text,
    payload jsonb not null default '{}'::jsonb
);

create index if not exists collector_events_visitor_id on collector_events (visitor_id);
create index if not exists collector_events_session_id on collector_events (session_id);
create index if not exists collector_events_pageview_id on collector_events (pageview_id);
