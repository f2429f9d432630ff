-- The one run of `collector demo` whose visits are in this database, so that it can be continued and removed. Its page views, sessions and
-- visitors have ids that begin with id_prefix after their first two characters; its events have event_ids made from id_prefix and a number
-- below events. state is writing, written or removing; ends_at is in microseconds since 1970; seed is text, since it has 64 bits.
create table demo_run (
    id bigint primary key check (id = 1),
    id_prefix text not null,
    seed text not null,
    events bigint not null,
    ends_at bigint not null,
    hours_done bigint not null,
    state text not null
);
