-- Sessions have the product whose export they were imported from: segments get a column, so the rollups are rebuilt from the events.
update insight_position set rebuild = 1, reason = 'upgrade'
where exists (select 1 from collector_events) or exists (select 1 from segments);
