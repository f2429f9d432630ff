-- Hashes under sketches and of senders' texts are keyed with a secret of the store, so that nobody can choose values whose hashes collide or
-- inflate distinct counts: 32 random bytes in hexadecimal.
create table insight_hash_key (
    id integer primary key,
    secret text not null
);
insert into insight_hash_key (id, secret) values (1, lower(hex(randomblob(32))));

-- Rollups of the public hash cannot be merged with those of the keyed one, so they are rebuilt from the events.
delete from insight_counts;
delete from insight_sketches;
delete from insight_issues;
delete from insight_robots;
delete from insight_fingerprints;
delete from insight_signals;
delete from insight_signal_sizes;
delete from insight_signal_returns;
update insight_position set last_event_id = 0 where id = 1;
