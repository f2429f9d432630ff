-- How far each source of batches has come, written in the transaction of the batch itself: a batch whose commit was never confirmed can
-- be sent again without a second row. One row for each journal, kept, and one for each writer of a process, removed when it is old.
create table ingest_positions (
    source uuid primary key,
    position bigint not null,
    is_journal boolean not null,
    updated_at timestamptz not null default now()
) with (fillfactor = 50);
