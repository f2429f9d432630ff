-- Sites with ages of their own for retention, in seconds: null is that of the server, 0 keeps. Times are seconds since 1970.
create table if not exists site_retention (
    site text primary key,
    events bigint,
    pageviews bigint,
    changed_at bigint not null
);

-- Up to when retention has removed events of a site (retained_from) and sessions from its figures (pageviews_from), in seconds since 1970.
-- Sites without a row have retained_from_others. borders_step is the retention_step up to which this table is complete: an earlier version
-- that still runs moves only retained_from, which then counts for all sites.
create table if not exists site_borders (
    site text primary key,
    retained_from bigint not null default 0,
    pageviews_from bigint not null default 0
);
alter table insight_position add column if not exists retained_from_others bigint not null default 0;
alter table insight_position add column if not exists borders_step bigint not null default 0;
update insight_position set retained_from_others = retained_from, borders_step = retention_step;

-- The site of a removed session; null for those that an earlier version has removed.
alter table removed_sessions add column if not exists site text;
create index if not exists removed_sessions_site on removed_sessions (site, removed_at);
drop index if exists removed_sessions_at;

-- The oldest events of a site. The id is in the index, as in SQLite's: with two columns, a search for the next events would sort all of them.
create index if not exists collector_events_site on collector_events (site, received_at, id);
