-- One row for each event of a page view. Times are text in UTC, to the microsecond.
create table collector_events (
    id integer primary key autoincrement,
    received_at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    client_timestamp text,
    visitor_id text not null,
    session_id text not null,
    pageview_id text not null,
    event_type text not null,
    seq integer not null default 0,
    path text,
    referrer text,
    ip_hash text,
    user_agent text,
    payload text not null default '{}'
);
create index collector_events_visitor_id on collector_events (visitor_id);
create index collector_events_session_id on collector_events (session_id);
create index collector_events_pageview_id on collector_events (pageview_id);
