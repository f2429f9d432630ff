-- Reports on fingerprints of a range read the last fingerprint of each visitor from blocks: values are numbers, and a block has the visitors
-- of a range of numbers, signal by signal. The names of signals get numbers, and the values of each signal get codes, equal on all sites.
create table if not exists fingerprint_signals (
    number bigint primary key,
    signal text not null unique
);
insert into fingerprint_signals (number, signal)
select row_number() over (order by signal) - 1, signal from (select distinct signal from insight_signals) as named;

alter table insight_signals add column if not exists code bigint not null default 0;
update insight_signals set code = ranked.code
from (select site, signal, hash, dense_rank() over (partition by signal order by hash) as code from insight_signals) as ranked
where ranked.site = insight_signals.site and ranked.signal = insight_signals.signal and ranked.hash = insight_signals.hash;
create index if not exists insight_signals_code on insight_signals (signal, code);

-- block is the number of a visitor divided by 8192; a block with very many rows has several parts.
create table if not exists fingerprint_blocks (
    block bigint not null,
    part bigint not null,
    data bytea not null,
    primary key (block, part)
);
alter table fingerprint_blocks alter column data set storage external;

-- The fingerprints that are newer than those in the blocks: seen is the time of receipt in seconds since 1970, data the numbers of the
-- signals and the codes of their values.
create table if not exists fingerprint_changes (
    number bigint not null,
    site text not null,
    seen bigint not null,
    data bytea not null,
    primary key (number, site)
);

update insight_position set rebuild = 1, reason = 'upgrade'
where exists (select 1 from collector_events) or exists (select 1 from insight_fingerprints);
