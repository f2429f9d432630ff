-- Sessions of the owner that have been used, for their list. Whether a session is valid depends on its signature and on
-- insight_ended_sessions alone. Times are seconds since 1970.
create table if not exists owner_sessions (
    id text primary key,
    created_at bigint not null,
    seen_at bigint not null,
    expires_at bigint not null,
    browser text
);
