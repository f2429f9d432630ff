-- Saved funnels of the owner. site is null for a funnel of all sites; steps is a JSON array as in the parameter steps of the API; scope is
-- 'session' or 'visitor'; window_seconds is null for sessions; created_at is in microseconds since 1970.
create table insight_funnels (
    id text primary key,
    site text,
    name text not null,
    steps text not null,
    scope text not null,
    window_seconds bigint,
    created_at bigint not null
);
