-- The privacy mode of each site: full, cookieless or anonymous. A row without a site applies to sites without a row of their own. Times are
-- seconds since 1970.
create table site_privacy (
    site text primary key,
    mode text not null,
    changed_at integer not null
) strict, without rowid;
-- The keys under which visitors of cookieless sites are hashed, for today and tomorrow; day is days since 1970, UTC. Rows of past days are
-- deleted.
create table privacy_salts (
    day integer primary key,
    salt text not null
) strict;
