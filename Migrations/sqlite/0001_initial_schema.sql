-- What a browser tells about itself, one row for each visit of the dashboard page. JSON is kept as its text.
create table debug_data (
    id integer primary key autoincrement,
    ip text,
    browser_info text,
    performance_data text,
    fingerprints text,
    errors text,
    timestamp text default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
