-- An event that comes again under its event_id is absorbed. visitor_id is in the key so that the table can be distributed by it.
alter table collector_events add column event_id text;
create unique index collector_events_event_id on collector_events (event_id, visitor_id) where event_id is not null;
create index collector_events_received_at on collector_events (received_at);
