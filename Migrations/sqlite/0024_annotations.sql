-- Notes of the owner on charts. A note without a site applies to all of them. Times are seconds since 1970.
create table annotations (
    id text primary key,
    site text not null,
    at integer not null,
    note text not null,
    created_at integer not null,
    changed_at integer not null
) without rowid;
create index annotations_at on annotations (at);
