-- An event that comes again under its event_id is absorbed. visitor_id is in the key so that the table can be distributed by it.
alter table collector_events add column if not exists event_id uuid;

create unique index if not exists collector_events_event_id
    on collector_events (event_id, visitor_id)
    where event_id is not null;

create index if not exists collector_events_received_at on collector_events using brin (received_at);
