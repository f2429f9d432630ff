-- Events are paged through in the order of (received_at, id), which is not that of ids alone: an outage that was drained, a second process or
-- a clock that was set parts them. A BRIN index has to read and sort the rest of a range for each page.
create index if not exists collector_events_received_at_id on collector_events (received_at, id);

drop index if exists collector_events_received_at;
