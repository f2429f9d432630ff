-- Hashes under sketches and of senders' texts are keyed with a secret of the store, so that nobody can choose values whose hashes collide or
-- inflate distinct counts: 32 random bytes in hexadecimal.
create table insight_hash_key (
    id bigint primary key,
    secret text not null
);
insert into insight_hash_key (id, secret)
values (1, encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex'));

-- Rollups of the public hash cannot be merged with those of the keyed one, so they are rebuilt from the events.
truncate insight_counts, insight_sketches, insight_issues, insight_robots, insight_fingerprints, insight_signals,
    insight_signal_sizes, insight_signal_returns;
update insight_position set last_event_id = 0 where id = 1;
