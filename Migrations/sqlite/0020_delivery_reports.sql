-- The table of delivery reports and the view that compares them with the stored events get the names of the glossary.
drop view pageview_completeness;
alter table pageview_ledger rename to delivery_reports;

-- One row for each delivery report. Events that were emitted, not dropped by the page, and not stored are lost.
create view pageview_delivery as
select
    report.pageview_id,
    report.visitor_id,
    report.session_id,
    report.site,
    report.first_received_at,
    report.emitted,
    report.dropped,
    count(event.id) as received,
    max(report.emitted - report.dropped - count(event.id), 0) as lost
from delivery_reports as report
left join collector_events as event
    on event.pageview_id = report.pageview_id and event.visitor_id = report.visitor_id and event.seq > 0
group by report.pageview_id, report.visitor_id;
