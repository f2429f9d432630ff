-- The owner's time zone of each site. A row without a site applies to sites without a row of their own. Times are seconds since 1970.
create table site_settings (
    site text primary key,
    time_zone text not null,
    changed_at integer not null
) without rowid;
