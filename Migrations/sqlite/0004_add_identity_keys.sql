alter table debug_data add column visitor_id text;
alter table debug_data add column session_id text;
alter table debug_data add column pageview_id text;
create index debug_data_visitor_id on debug_data (visitor_id);
create index debug_data_session_id on debug_data (session_id);
create index debug_data_pageview_id on debug_data (pageview_id);
