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
    final.lcp,
    final.inp,
    final.cls,
    final.fcp,
    final.ttfb,
    final.engaged_ms,
    final.scroll_depth,
    final.errors,
    final.events
from collector_events as page
cross join lateral (
    select
        (array_agg(reported.lcp order by event.seq desc, event.id desc) filter (where reported.lcp is not null))[1]
            as lcp,
        (array_agg(reported.inp order by event.seq desc, event.id desc) filter (where reported.inp is not null))[1]
            as inp,
        (array_agg(reported.cls order by event.seq desc, event.id desc) filter (where reported.cls is not null))[1]
            as cls,
        (array_agg(reported.fcp order by event.seq desc, event.id desc) filter (where reported.fcp is not null))[1]
            as fcp,
        (array_agg(reported.ttfb order by event.seq desc, event.id desc) filter (where reported.ttfb is not null))[1]
            as ttfb,
        (array_agg(reported.engaged_ms order by event.seq desc, event.id desc) filter (where reported.engaged_ms is not null))[1]
            as engaged_ms,
        (array_agg(reported.scroll_depth order by event.seq desc, event.id desc) filter (where reported.scroll_depth is not null))[1]
            as scroll_depth,
        coalesce(sum(reported.errors), 0)::bigint as errors,
        count(*) as events
    from collector_events as event
    cross join lateral (
        select
            case when event.event_type = 'webvitals' and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation' then
                case when jsonb_typeof(event.payload->'LCP') = 'number' then
                    case when (event.payload->'LCP')::numeric between 0 and 600000 then
                        (event.payload->'LCP')::double precision
                    end
                end
            end as lcp,
            case when event.event_type = 'webvitals' and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation' then
                case when jsonb_typeof(event.payload->'INP') = 'number' then
                    case when (event.payload->'INP')::numeric between 0 and 600000 then
                        (event.payload->'INP')::double precision
                    end
                end
            end as inp,
            case when event.event_type = 'webvitals' and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation' then
                case when jsonb_typeof(event.payload->'CLS') = 'number' then
                    case when (event.payload->'CLS')::numeric between 0 and 300 then
                        (event.payload->'CLS')::double precision
                    end
                end
            end as cls,
            case when event.event_type = 'webvitals' and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation' then
                case when jsonb_typeof(event.payload->'FCP') = 'number' then
                    case when (event.payload->'FCP')::numeric between 0 and 600000 then
                        (event.payload->'FCP')::double precision
                    end
                end
            end as fcp,
            case when event.event_type = 'webvitals' and coalesce(event.payload->>'navigationType', '') <> 'soft-navigation' then
                case when jsonb_typeof(event.payload->'TTFB') = 'number' then
                    case when (event.payload->'TTFB')::numeric between 0 and 600000 then
                        (event.payload->'TTFB')::double precision
                    end
                end
            end as ttfb,
            case when event.event_type = 'engagement' then
                case when jsonb_typeof(event.payload->'engagedMs') = 'number' then
                    case when (event.payload->'engagedMs')::numeric between 0 and 86400000 then
                        (event.payload->'engagedMs')::double precision
                    end
                end
            end as engaged_ms,
            case when event.event_type = 'engagement' then
                case when jsonb_typeof(event.payload->'scrollDepth') = 'number' then
                    case when (event.payload->'scrollDepth')::numeric between 0 and 100 then
                        (event.payload->'scrollDepth')::double precision
                    end
                end
            end as scroll_depth,
            case when event.event_type = 'error'
                and coalesce(event.payload->>'noise', '') not in ('extension', 'resize_observer', 'script_error')
            then
                case when jsonb_typeof(event.payload->'count') = 'number' then
                    case when (event.payload->'count')::numeric between 1 and 10000 then
                        trunc((event.payload->'count')::numeric)
                    else 1 end
                else 1 end
            end as errors
    ) as reported
    where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is not distinct from page.site
) as final
where page.event_type = 'pageview'
    and not exists (
        select 1 from collector_events as event
        where event.pageview_id = page.pageview_id and event.session_id = page.session_id
            and event.visitor_id = page.visitor_id and event.site is not distinct from page.site
            and event.event_type = 'pageview' and event.id < page.id
    );
