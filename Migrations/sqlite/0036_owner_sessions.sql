-- Sessions of the owner that have been used, for their list. Whether a session is valid depends on its signature and on
-- insight_ended_sessions alone. Times are seconds since 1970.
create table owner_sessions (
    id text primary key,
    created_at integer not null,
    seen_at integer not null,
    expires_at integer not null,
    browser text
) strict, without rowid;
