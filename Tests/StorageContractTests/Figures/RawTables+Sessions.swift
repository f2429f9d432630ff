/// Sessions, and what happened in them.
extension RawTables {
    private var d: RawDialect { RawDialect(engine: connection.engine) }

    private func shown(_ text: String) -> String {
        "coalesce((select k.shown from known_cuts k where k.raw = \(text)), \(text), '')"
    }

    /// A host without `www.`.
    private func bare(_ host: String) -> String {
        "case when lower(\(host)) like 'www.%' then substr(lower(\(host)), 5) else lower(\(host)) end"
    }

    func makeSessions() throws {
        let referrer = """
            case when f.referrer = '' then '(direct)'
            else (select case when k.host is null then '(other address)'
              when k.host = \(bare("f.site")) then '(self-referral)' else k.host end from known_referrers k where k.raw = f.referrer) end
            """
        let campaign = """
            coalesce(nullif(\(shown("f.t_utm_campaign")), ''), nullif(\(shown("f.t_utm_source")), ''), '')
            """
        let channel = channel(referrer: referrer)
        let utm = ["source", "medium", "term", "content"].map { own(shown("f.t_utm_\($0)"), "utm_\($0)") }
        let zone = "(select k.country from known_zones k where k.raw = f.t_zone)"
        let sent = "(select k.code from known_countries k where k.raw = f.t_country)"
        let country = "coalesce(nullif(f.country, ''), \(sent), \(zone), '')"
        let source = """
            case when f.country <> '' then f.location_source when \(sent) is not null then 'sender'
              when \(zone) is not null then 'time_zone' else '' end
            """
        func own(_ expression: String, _ name: String) -> String {
            "case when o.own is null then '' else \(expression) end as \(name)"
        }
        // Numbers of the session's page views from the first one on, and from the last one back; counted ones before all others.
        try connection.rows(
            """
            create temp table so as select site, v, s, max(case when forth = 1 then path end) as entry, max(case when back = 1 then path end) as exit,
            max(case when forth = 1 and is_counted then time end) as first_time,
            max(case when forth = 1 and is_counted then first_id end) as own, sum(case when is_counted then 1 else 0 end) as counted
            from (select pv.*, row_number() over (partition by site, v, s order by is_counted desc, time, first_id) as forth,
              row_number() over (partition by site, v, s order by is_counted desc, time desc, first_id desc) as back from pv) y
            group by site, v, s
            """
        )
        try connection.rows(
            """
            create temp table ss as select row_number() over (order by o.site, o.v, o.s) as sid, o.site, o.v, o.s, o.entry, o.exit, o.first_time,
            o.counted, case when a.reasons = '' then 'human' else 'bot' end as traffic, a.browser,
            a.browser_version, a.system, a.system_version, a.device, a.reasons, \(own(channel, "channel")), \(utm.joined(separator: ", ")),
            \(own(referrer, "referrer")), \(own(campaign, "campaign")), \(own(shown("f.t_language"), "language")),
            \(own(shown("f.t_screen"), "screen")), \(own(country, "country")), \(own("f.region", "region")),
            \(own("f.city", "city")), \(own(source, "location_source")), \(own(shown("f.t_imported"), "imported")), '' as bot_reasons
            from (select so.*, coalesce(own, (select min(id) from ev where ev.site = so.site and ev.v = so.v and ev.s = so.s)) as first from so) o
            join ev f on f.id = o.first join known_agents a on a.raw = f.agent
            """
        )
        try connection.rows("drop table so")
        try nameHintedBrowsers()
        try connection.rows("create index ss_key on ss (site, v, s)")
        try makeReasons()
        try connection.rows("alter table pv add column sid integer")
        try connection.rows(
            "update pv set sid = (select sid from ss where ss.site = pv.site and ss.v = pv.v and ss.s = pv.s)"
        )
        try connection.rows("create index pv_key on pv (site, v, s, p)")
    }

    /// The rules of channels in SQL, for the known sources.
    private func channel(referrer: String) -> String {
        func known(_ kind: String, _ key: String) -> String {
            "(select k.channel from known_channels k where k.kind = '\(kind)' and k.key = \(key))"
        }
        let source = "coalesce(\(known("source", "lower(f.t_utm_source)")), \(known("host", "(\(referrer))")))"
        let medium = known("medium", "lower(f.t_utm_medium)")
        let click = "case when f.t_dclid <> '' then 'Display' when f.t_gclid <> '' then 'Paid search' end"
        let isCampaign = ["campaign", "source", "medium", "term", "content"]
            .map { "coalesce(f.t_utm_\($0), '') <> ''" }.joined(separator: " or ")
        return """
            case when coalesce(\(medium), 'paid') = 'paid' and (\(click)) is not null then (\(click))
            when \(medium) = 'paid' then case \(source) when 'Organic search' then 'Paid search' when 'Organic social' then 'Paid social'
              else 'Paid other' end
            when \(medium) is not null then \(medium) when \(source) is not null then \(source)
            when \(isCampaign) then 'Other campaigns' when (\(referrer)) in ('(direct)', '(self-referral)') then 'Direct' else 'Referral' end
            """
    }

    /// The first brand that a session's client hints name counts where the user agent names a browser that others imitate.
    private func nameHintedBrowsers() throws {
        let brands = ["fullVersionList", "brands"].map { list in
            """
            select ev.site, v, s, ev.id, \(d.text(d.elementObject, "brand")) as brand
            from ev cross join \(d.elements("payload", "fingerprints", "signals", "hints", list)) where t = 'fingerprint_ready'
            """
        }
        try connection.rows(
            """
            create temp table hb as select * from (\(brands.joined(separator: " union all "))) y where brand in ('Brave', 'Opera GX')
            """
        )
        let own = "from hb where hb.site = ss.site and hb.v = ss.v and hb.s = ss.s"
        try connection.rows(
            """
            update ss set browser = (select brand \(own) order by id limit 1),
            browser_version = (select brand \(own) order by id limit 1)
            where browser in ('Chrome', 'Chromium', 'Other') and exists (select 1 \(own))
            """
        )
        try connection.rows("drop table hb")
    }

    private func makeReasons() throws {
        let reasons = """
            select sid, k.reason from ss join known_reasons k on k.reasons = ss.reasons
            union select ss.sid, 'no screen' from ss join ev using (site, v, s)
              where t = 'pageview' and not is_hidden and (t_screen = '0x0' or n_inner_width = 0)
            union select ss.sid, 'no language' from ss join ev using (site, v, s) where t = 'pageview' and t_language = ''
            union select ss.sid, 'impossible timings' from ss join ev using (site, v, s)
              where t = 'webvitals' and coalesce(t_navigation, '') <> 'soft-navigation' and (n_ttfb > n_fcp + 1 or n_lcp + 1 < n_fcp)
            union select ss.sid, \(d.elementText) from ss join ev using (site, v, s)
              cross join \(d.elements("payload", "fingerprints", "automation")) where t = 'fingerprint_ready' and \(d.elementText) is not null
            """
        try connection.rows(
            """
            create temp table sr as select sid, \(d.lines("reason")) as reasons from (select * from (\(reasons)) y order by sid, reason) z group by sid
            """
        )
        try connection.rows(
            "update ss set bot_reasons = coalesce((select sr.reasons from sr where sr.sid = ss.sid), '')"
        )
        try connection.rows("drop table sr")
    }

    /// Errors, custom events, invalid values (`xe`), and resources (`xr`).
    func makeCounted() throws {
        let types = """
            'pageview', 'webvitals', 'engagement', 'resources', 'navigation', 'frames', 'fingerprint_ready', 'error'
            """
        func invalid(_ type: String, _ column: String, _ claim: String, _ range: String, _ more: String = "") -> String
        {
            """
            select ev.site, v, s, p, ev.time, 3 as kind, t as name, '\(claim)' as issue, 1 as count from ev
            where t = '\(type)' and \(column) not between \(range) \(more)
            """
        }
        let noSoftNavigation = "and coalesce(t_navigation, '') <> 'soft-navigation'"
        let vitals = ["LCP", "INP", "FCP", "TTFB"].map {
            invalid("webvitals", "n_\($0.lowercased())", $0, "0 and 600000", noSoftNavigation)
        }
        let selects =
            [
                """
                select site, v, s, p, time, case when coalesce(t_noise, '') in ('extension', 'resize_observer', 'script_error') then 2 else 1 end
                as kind, 'error' as name, \(shown("t_message")) as issue,
                case when n_count between 1 and 10000 then \(d.integer("n_count")) else 1 end as count from ev where t = 'error'
                """,
                "select site, v, s, p, time, 0 as kind, \(shown("t")) as name, '' as issue, 1 as count from ev where t not in (\(types))",
                """
                select site, v, s, p, time, 4 as kind, '404' as name, case when coalesce(path, '') = '' then '/'
                else (select k.shown from known_paths k where k.raw = path) end as issue, 1 as count from ev where t = '404'
                """,
            ] + vitals + [
                invalid("webvitals", "n_cls", "CLS", "0 and 300", noSoftNavigation),
                invalid("engagement", "n_engaged", "engagedMs", "0 and 86400000"),
                invalid("engagement", "n_scroll", "scrollDepth", "0 and 100"),
                invalid("error", "n_count", "count", "1 and 10000"),
            ]
        try makeNamed()
        let claims = [("duration", 3_600_000), ("bytes", 10_000_000_000)].map { column, max in
            """
            select site, v, s, p, time, 3 as kind, 'resources' as name, 'resource.\(column)' as issue, 1 as count from xn
            where \(column) not between 0 and \(max)
            """
        }
        try connection.rows(
            """
            create temp table xe as select pv.rid, pv.sid, e.time, e.kind, e.name, e.issue, e.count
            from (\((selects + claims).joined(separator: "\nunion all\n"))) e join pv using (site, v, s, p)
            """
        )
        try connection.rows(
            """
            create temp table xr as select pv.rid, pv.sid, x.kind, coalesce(k.shown, x.raw) as name, \(d.double("x.duration")) as duration,
            case when x.bytes between 0 and 10000000000 then \(d.integer("x.bytes")) else 0 end as bytes
            from xn x join pv using (site, v, s, p) left join known_resources k on k.raw = x.raw where x.duration between 0 and 3600000
            """
        )
        try connection.rows("drop table xn")
    }

    /// Names of resources and hosts as they were sent (`xn`).
    private func makeNamed() throws {
        func resources(_ list: String, _ name: String, _ bytes: String, _ kind: Int) -> String {
            """
            select ev.site, v, s, p, ev.time, \(kind) as kind, \(d.text(d.elementObject, name)) as raw,
            \(d.number(d.elementObject, "duration")) as duration, \(d.number(d.elementObject, bytes)) as bytes
            from ev cross join \(d.elements("payload", list)) where t = 'resources' and \(d.elementIndex) < 10
            """
        }
        try connection.rows(
            """
            create temp table xn as select * from (\(resources("slowest", "name", "transferSize", 0))
            union all \(resources("thirdParties", "host", "bytes", 1))) y where coalesce(raw, '') <> ''
            """
        )
    }
}
