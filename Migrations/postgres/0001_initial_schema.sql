-- What a browser tells about itself, one row for each visit of the dashboard page.
create table if not exists debug_data (
    id serial primary key,
    ip text,
    browser_info text,
    performance_data text,
    fingerprints text,
    errors text,
    timestamp timestamp default current_timestamp
);
