-- Notes of the owner on charts. A note without a site applies to all of them. Times are seconds since 1970.
create table if not exists annotations (
    id text primary key,
    site text not null,
    at bigint not null,
    note text not null,
    created_at bigint not null,
    changed_at bigint not null
);
create index if not exists annotations_at on annotations (at);
