-- The privacy mode of each site: full, cookieless or anonymous. A row without a site applies to sites without a row of their own. Times are
-- seconds since 1970.
create table if not exists site_privacy (
    site text primary key,
    mode text not null,
    changed_at bigint not null
);
-- The keys under which visitors of cookieless sites are hashed, for today and tomorrow; day is days since 1970, UTC. Rows of past days are
-- deleted, and autovacuum frees their space after the first one.
create table if not exists privacy_salts (
    day bigint primary key,
    salt text not null
) with (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
