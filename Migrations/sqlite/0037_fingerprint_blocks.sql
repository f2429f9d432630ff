-- Reports on fingerprints of a range read the last fingerprint of each visitor from blocks: values are numbers, and a block has the visitors
-- of a range of numbers, signal by signal. The names of signals get numbers, and the values of each signal get codes, equal on all sites.
create table fingerprint_signals (
    number integer primary key,
    signal text not null unique
) strict;
insert into fingerprint_signals (number, signal)
select row_number() over (order by signal) - 1, signal from (select distinct signal from insight_signals);

alter table insight_signals add column code integer not null default 0;
update insight_signals set code = ranked.code
from (select site, signal, hash, dense_rank() over (partition by signal order by hash) as code from insight_signals) as ranked
where ranked.site = insight_signals.site and ranked.signal = insight_signals.signal and ranked.hash = insight_signals.hash;
create index insight_signals_code on insight_signals (signal, code);

-- block is the number of a visitor divided by 8192; a block with very many rows has several parts.
create table fingerprint_blocks (
    block integer not null,
    part integer not null,
    data blob not null,
    primary key (block, part)
) strict;

-- The fingerprints that are newer than those in the blocks: seen is the time of receipt in seconds since 1970, data the numbers of the
-- signals and the codes of their values.
create table fingerprint_changes (
    number integer not null,
    site text not null,
    seen integer not null,
    data blob not null,
    primary key (number, site)
) strict, without rowid;

update insight_position set rebuild = 1, reason = 'upgrade'
where exists (select 1 from collector_events) or exists (select 1 from insight_fingerprints);
