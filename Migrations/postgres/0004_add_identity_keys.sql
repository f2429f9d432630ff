alter table debug_data
    add column if not exists visitor_id text,
    add column if not exists session_id text,
    add column if not exists pageview_id text;

create index if not exists debug_data_visitor_id on debug_data (visitor_id);
create index if not exists debug_data_session_id on debug_data (session_id);
create index if not exists debug_data_pageview_id on debug_data (pageview_id);
