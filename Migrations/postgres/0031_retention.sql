-- Old events can be removed while figures and delivery rates stay. retained_from is the time (seconds since 1970, UTC) before which events
-- have been removed, retention_step grows with every removal, counted_through is the highest id that was in the rollups before they
-- were cleared, late_events counts events of sessions that had been removed. A migration sets rebuild to 1 to have the server
-- recompute the rollups: it keeps those of removed events, which statements that delete would lose.
alter table insight_position add column retained_from bigint not null default 0;
alter table insight_position add column retention_step bigint not null default 0;
alter table insight_position add column retention_holder text;
alter table insight_position add column retention_until bigint not null default 0;
alter table insight_position add column removed_events bigint not null default 0;
alter table insight_position add column late_events bigint not null default 0;
alter table insight_position add column counted_through bigint not null default 0;
alter table insight_position add column rebuild bigint not null default 0;

-- Sessions whose events have been removed, by the keyed hash of their ids: later events of them are not counted again.
create table removed_sessions (
    session_key bigint primary key,
    removed_at bigint not null
);
create index removed_sessions_at on removed_sessions (removed_at);

-- How many events of a page view have been removed; of its own event when (microseconds since 1970), the site and the session.
alter table delivery_reports add column removed integer not null default 0;
alter table delivery_reports add column opened_at bigint;
alter table delivery_reports add column opened_site text;
alter table delivery_reports add column opened_session text;
create index delivery_reports_opened on delivery_reports (opened_at) where opened_at is not null;

drop view pageview_delivery;
create view pageview_delivery as
select
    report.pageview_id,
    report.visitor_id,
    report.session_id,
    report.site,
    report.first_received_at,
    report.emitted,
    report.dropped,
    report.removed + count(event.id) as received,
    greatest(report.emitted - report.dropped - report.removed - count(event.id), 0) as lost
from delivery_reports as report
left join collector_events as event
    on event.pageview_id = report.pageview_id and event.visitor_id = report.visitor_id and event.seq > 0
group by report.pageview_id, report.visitor_id;

-- Removed rows make room for new ones soon: by default, a fifth of a table has to be removed first.
alter table collector_events set (autovacuum_vacuum_scale_factor = 0.02);
alter table delivery_reports set (autovacuum_vacuum_scale_factor = 0.02);

-- The size of the data, every hour: seconds since 1970, and bytes.
create table size_samples (
    at bigint primary key,
    bytes bigint not null
);
