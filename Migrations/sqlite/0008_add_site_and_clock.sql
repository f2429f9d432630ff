-- What the site is called by its own account, and what the sender's clock said where client_timestamp had to be corrected.
alter table collector_events add column site text;
alter table collector_events add column client_timestamp_original text;
