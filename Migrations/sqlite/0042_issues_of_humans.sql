-- When humans first and last saw each issue, beside when anybody did: errors of bots change no state. Null for issues that only bots saw.
alter table insight_issues add column human_first_seen integer;
alter table insight_issues add column human_last_seen integer;
alter table insight_issue_releases add column human_first_seen integer;
alter table insight_issue_releases add column human_last_seen integer;

-- Issues whose events retention has removed keep their times, also those by bots. The others are recomputed.
update insight_issues set human_first_seen = first_seen, human_last_seen = last_seen;
update insight_issue_releases set human_first_seen = first_seen, human_last_seen = last_seen;

-- The times are known for all events: the rollups are rebuilt.
update insight_position set rebuild = 1, reason = 'upgrade'
where exists (select 1 from collector_events) or exists (select 1 from segments);
