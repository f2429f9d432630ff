-- One row for each page view whose own event was received, for the owner's queries: the final value of each vital and of the
-- engagement time, and how many errors it had. Values outside of their range are null; soft navigations are left out.
-- A value is final when no later event of the page view reports another one, so a row may change while its page is open.
create view pageviews as
select
    page.pageview_id,
    page.visitor_id,
    page.session_id,
    page.site,
    page.received_at,
    page.path,
    page.referrer,
    page.user_agent,
    page.payload->>'language' as language,
    page.payload->>'screenResolution' as screen,
    page.payload->>'country' as country,
    page.payload->>'release' as release,
    page.payload->>'connection' as connection,
    page.payload->'campaign'->>'utm_source' as utm_source,
    page.payload->'campaign'->>'utm_medium' as utm_medium,
    page.payload->'campaign'->>'utm_campaign' as utm_campaign,
    (
        select cast(event.payload->>'LCP' as real) from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
            and event.event_type = 'webvitals'
            and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation'
            and json_type(event.payload, '$.LCP') in ('integer', 'real')
            and cast(event.payload->>'LCP' as real) between 0 and 600000
        order by event.seq desc, event.id desc limit 1
    ) as lcp,
    (
        select cast(event.payload->>'INP' as real) from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
            and event.event_type = 'webvitals'
            and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation'
            and json_type(event.payload, '$.INP') in ('integer', 'real')
            and cast(event.payload->>'INP' as real) between 0 and 600000
        order by event.seq desc, event.id desc limit 1
    ) as inp,
    (
        select cast(event.payload->>'CLS' as real) from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
            and event.event_type = 'webvitals'
            and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation'
            and json_type(event.payload, '$.CLS') in ('integer', 'real')
            and cast(event.payload->>'CLS' as real) between 0 and 300
        order by event.seq desc, event.id desc limit 1
    ) as cls,
    (
        select cast(event.payload->>'FCP' as real) from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
            and event.event_type = 'webvitals'
            and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation'
            and json_type(event.payload, '$.FCP') in ('integer', 'real')
            and cast(event.payload->>'FCP' as real) between 0 and 600000
        order by event.seq desc, event.id desc limit 1
    ) as fcp,
    (
        select cast(event.payload->>'TTFB' as real) from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
            and event.event_type = 'webvitals'
            and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation'
            and json_type(event.payload, '$.TTFB') in ('integer', 'real')
            and cast(event.payload->>'TTFB' as real) between 0 and 600000
        order by event.seq desc, event.id desc limit 1
    ) as ttfb,
    (
        select cast(event.payload->>'engagedMs' as real) from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
            and event.event_type = 'engagement'
            and json_type(event.payload, '$.engagedMs') in ('integer', 'real')
            and cast(event.payload->>'engagedMs' as real) between 0 and 86400000
        order by event.seq desc, event.id desc limit 1
    ) as engaged_ms,
    (
        select cast(event.payload->>'scrollDepth' as real) from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
            and event.event_type = 'engagement'
            and json_type(event.payload, '$.scrollDepth') in ('integer', 'real')
            and cast(event.payload->>'scrollDepth' as real) between 0 and 100
        order by event.seq desc, event.id desc limit 1
    ) as scroll_depth,
    (
        select coalesce(sum(
            case when json_type(event.payload, '$.count') in ('integer', 'real')
                and cast(event.payload->>'count' as real) between 1 and 10000
            then cast(event.payload->>'count' as integer) else 1 end
        ), 0) from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
            and event.event_type = 'error'
            and coalesce(event.payload->>'noise', '') not in ('extension', 'resize_observer', 'script_error')
    ) as errors,
    (
        select count(*) from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
    ) as events
from collector_events as page
where page.event_type = 'pageview'
    and not exists (
        select 1 from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is page.site
            and event.event_type = 'pageview' and event.id < page.id
    );
