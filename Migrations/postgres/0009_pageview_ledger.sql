-- What each page view says of itself: how many events it has emitted, and how many of them it has dropped and why. Numbers only grow, so that
-- entries may come twice and in any order. visitor_id is in the key so that the table can be distributed by it.
create table pageview_ledger (
    pageview_id text not null,
    visitor_id text not null,
    session_id text not null,
    site text,
    emitted integer not null,
    dropped integer not null,
    drop_reasons jsonb not null,
    first_received_at timestamptz not null,
    last_received_at timestamptz not null,
    primary key (pageview_id, visitor_id)
);

-- What was emitted, was not dropped by the page itself, and is no row has been lost on the way.
create view pageview_completeness as
select
    ledger.pageview_id,
    ledger.visitor_id,
    ledger.session_id,
    ledger.site,
    ledger.first_received_at,
    ledger.emitted,
    ledger.dropped,
    count(event.id) as received,
    greatest(ledger.emitted - ledger.dropped - count(event.id), 0) as lost
from pageview_ledger as ledger
left join collector_events as event
    on event.pageview_id = ledger.pageview_id and event.visitor_id = ledger.visitor_id and event.seq > 0
group by ledger.pageview_id, ledger.visitor_id;
