-- Links that let guests read the owner's pages. The secret of a link is its id signed with the owner's token; it is kept nowhere.
-- Times are seconds since 1970.
create table insight_share_links (
    id text primary key,
    label text not null,
    created_at integer not null,
    expires_at integer not null,
    last_used_at integer
) without rowid;

-- Sessions of guests: valid while their row and their link's row are there.
create table insight_share_sessions (
    id text primary key,
    link_id text not null,
    created_at integer not null
) without rowid;
create index insight_share_sessions_link on insight_share_sessions (link_id, created_at);

-- Sessions of the owner that were signed out; without a row a session is valid until it expires.
create table insight_ended_sessions (
    id text primary key,
    expires_at integer not null
) without rowid;
create index insight_ended_sessions_expiry on insight_ended_sessions (expires_at);
