-- What the guests of a share link may read: one site; a range, from range_from up to range_to in seconds since 1970, or the last range_days up
-- to each request; and views, separated by commas. Null is no limit, which the links so far have.
alter table insight_share_links add column site text;
alter table insight_share_links add column range_from integer;
alter table insight_share_links add column range_to integer;
alter table insight_share_links add column range_days integer;
alter table insight_share_links add column views text;
