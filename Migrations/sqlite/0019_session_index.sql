-- The earlier events of a session are found by its visitor, too: programs that send one session id for all visitors have millions of events
-- with it.
create index collector_events_session on collector_events (session_id, visitor_id);
drop index if exists collector_events_session_id;
