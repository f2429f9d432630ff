alter table debug_data add column network text;
alter table debug_data add column battery text;
alter table debug_data add column benchmarks text;
alter table debug_data add column client_timestamp text;
