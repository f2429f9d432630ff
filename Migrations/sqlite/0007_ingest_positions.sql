-- How far each source of batches has come, written in the transaction of the batch itself: a batch whose commit was never confirmed can
-- be sent again without a second row. One row for each journal, kept, and one for each writer of a process, removed when it is old.
create table ingest_positions (
    source text primary key,
    position integer not null,
    is_journal integer not null,
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) without rowid;
