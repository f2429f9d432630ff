-- Figures of delivery are in the segments from now on. revision is a number from the sequence of the events' ids, drawn whenever the numbers
-- of a delivery report grow: so the rollup worker finds the reports that changed since its position. It is null before this migration.
alter table delivery_reports add column revision integer;
create index delivery_reports_revision on delivery_reports (revision) where revision is not null;

-- The sequence has no row before the first event.
insert into sqlite_sequence (name, seq)
select 'collector_events', 0
where not exists (select 1 from sqlite_sequence where name = 'collector_events');

update insight_position set rebuild = 1, reason = 'upgrade'
where exists (select 1 from collector_events) or exists (select 1 from segments);
