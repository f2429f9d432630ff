-- Erasures of visitors. While one runs, its row has the visitor and the process that works on it; a finished one keeps only its time, its
-- counts and who requested it. Times are microseconds since 1970, and rows by table are lines of a name and a number.
create table erasures (
    id text primary key,
    visitor_id text,
    site text,
    origin text not null,
    requested_at integer not null,
    step text not null,
    counts text not null,
    holder text,
    held_until integer not null default 0,
    failure text,
    remaining integer,
    occurrences integer,
    newer integer,
    mentions integer,
    finished_at integer
) strict, without rowid;
create index erasures_requested_at on erasures (requested_at);
