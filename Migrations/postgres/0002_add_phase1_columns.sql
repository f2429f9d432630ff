alter table debug_data
    add column if not exists network text,
    add column if not exists battery text,
    add column if not exists benchmarks text,
    add column if not exists client_timestamp timestamptz;
