import Segments

/// Page views, sessions, events and resources by plain SQL from `collector_events`: the definitions of docs/figures.md once more, so that
/// every figure can be compared with one that shares no code with the server.
struct RawTables {
    let connection: RawConnection
    private var dialect: RawDialect { RawDialect(engine: connection.engine) }

    /// Columns of page views and sessions by the columns of segments that hold the same.
    static let sessionColumns: [(Column, String)] = [
        (.site, "site"), (.traffic, "traffic"), (.botReasons, "bot_reasons"), (.browser, "browser"),
        (.system, "system"),
        (.device, "device"), (.screen, "screen"), (.language, "language"), (.country, "country"),
        (.region, "region"), (.city, "city"), (.locationSource, "location_source"),
        (.referrer, "referrer"), (.campaign, "campaign"), (.channel, "channel"), (.utmSource, "utm_source"),
        (.utmMedium, "utm_medium"),
        (.utmTerm, "utm_term"), (.utmContent, "utm_content"), (.browserVersion, "browser_version"),
        (.systemVersion, "system_version"), (.imported, "imported"), (.entryPath, "entry"), (.exitPath, "exit"),
    ]
    static let pageViewColumns: [(Column, String)] = [
        (.path, "path"), (.release, "release"), (.connection, "connection"), (.navigation, "navigation"),
        (.lcpElement, "lcp_element"), (.lcpPart, "lcp_part"), (.inpElement, "inp_element"), (.inpPart, "inp_part"),
        (.clsElement, "cls_element"),
    ]

    static func name(_ column: Column) -> String {
        (sessionColumns + pageViewColumns).first { $0.0 == column }?.1 ?? "?"
    }

    func make() throws {
        try drop()
        if connection.engine == .postgresql { try connection.rows("set jit = off") }
        try makeKnown()
        try makeEvents()
        try connection.rows("create index ev_rows on ev (site, v, s, p)")
        try connection.rows("create unique index ev_id on ev (id)")
        try connection.rows("analyze")
        try makeVitals()
        try makePageViews()
        try connection.rows("analyze")
        try makeSessions()
        try connection.rows("analyze")
        try makeCounted()
        for statement in [
            "create unique index ss_sid on ss (sid)",
            "create index pv_sid on pv (sid)", "create unique index pv_rid on pv (rid)",
            "create index xe_rid on xe (rid)",
            "create index xr_rid on xr (rid)",
            "create temp table q_s (sid integer primary key, visitor text, first_time bigint, is_within integer, is_bounce integer, first_bucket integer)",
            "create temp table q_r (rid integer primary key, sid integer, bucket integer, is_within integer)",
            "create temp table q_e (number integer, low bigint primary key)",
            "analyze",
        ] { try connection.rows(statement) }
    }

    private func drop() throws {
        for table in [
            "known_agents", "known_paths", "known_referrers", "known_channels", "known_countries", "known_zones",
            "known_cuts", "known_resources", "ev", "vt", "pv", "ss", "xe", "xr",
            "q_s", "q_r", "q_e",
        ] { try connection.rows("drop table if exists \(table)") }
    }

    // MARK: - Texts

    private func makeKnown() throws {
        func make(_ table: String, _ columns: String, _ rows: [[String?]]) throws {
            try connection.rows("create temp table \(table) (\(columns))")
            for row in rows {
                try connection.rows(
                    "insert into \(table) values (\(row.map(RawDialect.literal).joined(separator: ", ")))"
                )
            }
        }
        try make(
            "known_agents",
            "raw text, browser text, browser_version text, system text, system_version text, device text, reasons text",
            (KnownTexts.agents + KnownTexts.bots + [KnownTexts.importedAgent]).map {
                [
                    $0.text ?? "", $0.browser, $0.browserVersion, $0.system, $0.systemVersion, $0.device,
                    $0.reasons.joined(separator: "\n"),
                ]
            }
        )
        let reasons = Set((KnownTexts.agents + KnownTexts.bots).map(\.reasons))
        try make(
            "known_reasons",
            "reasons text, reason text",
            reasons.flatMap { list in list.map { [list.joined(separator: "\n"), $0] } }
        )
        try make(
            "known_paths",
            "raw text, shown text",
            KnownTexts.paths.filter { $0.raw != nil }.map { [$0.raw, $0.shown] }
        )
        try make("known_referrers", "raw text, host text", KnownTexts.referrers.map { [$0.raw, $0.host] })
        try make(
            "known_channels",
            "kind text, key text, channel text",
            KnownTexts.channels.map { [$0.kind, $0.key, $0.channel] }
        )
        try make("known_countries", "raw text, code text", KnownTexts.countries.map { [$0.raw, $0.code] })
        try make(
            "known_zones",
            "raw text, country text",
            KnownTexts.zones.map { [$0.raw, $0.country] }
        )
        try make("known_cuts", "raw text, shown text", KnownTexts.cuts.map { [$0.raw, $0.shown] })
        try make("known_resources", "raw text, shown text", KnownTexts.resources.map { [$0.raw, $0.shown] })
    }

    /// A text as a dimension value: cut, and empty for none.
    private func shown(_ text: String) -> String {
        "coalesce((select k.shown from known_cuts k where k.raw = \(text)), \(text), '')"
    }

    // MARK: - Events

    private func makeEvents() throws {
        let d = dialect
        func text(_ path: String...) -> String {
            switch path.count {
            case 1: d.text("payload", path[0])
            case 2: d.text("payload", path[0], path[1])
            default: d.text("payload", path[0], path[1], path[2])
            }
        }
        let part = { (vital: String, name: String) in
            let number = d.number("payload", "attribution", vital, name)
            return "(select case when x between 0 and 600000 then x end from (select \(number) as x) y)"
        }
        let parts = [
            ("LCP", "timeToFirstByte", "ttfb"), ("LCP", "resourceLoadDelay", "loadDelay"),
            ("LCP", "resourceLoadDuration", "loadTime"), ("LCP", "elementRenderDelay", "renderDelay"),
            ("INP", "inputDelay", nil), ("INP", "processingDuration", "processing"),
            ("INP", "presentationDelay", "presentation"),
        ].enumerated().map { index, name in
            let old = name.2.map { ", " + part(name.0, $0) } ?? ", null"
            return "coalesce(\(part(name.0, name.1))\(old)) as part\(index)"
        }
        let numbers = [
            ("LCP", "lcp"), ("INP", "inp"), ("CLS", "cls"), ("FCP", "fcp"), ("TTFB", "ttfb"), ("engagedMs", "engaged"),
            ("count", "count"), ("scrollDepth", "scroll"), ("innerWidth", "inner_width"),
        ].map { "\(d.number("payload", $0.0)) as n_\($0.1)" }
        let texts = [
            ("language", text("language")), ("screen", text("screenResolution")), ("release", text("release")),
            ("connection", text("connection")), ("country", text("country")), ("zone", text("timeZone")),
            ("utm_campaign", text("campaign", "utm_campaign")), ("utm_source", text("campaign", "utm_source")),
            ("utm_medium", text("campaign", "utm_medium")), ("utm_term", text("campaign", "utm_term")),
            ("utm_content", text("campaign", "utm_content")), ("gclid", text("campaign", "gclid")),
            ("dclid", text("campaign", "dclid")), ("imported", text("imported", "product")),
            ("navigation", text("navigationType")), ("noise", text("noise")), ("message", text("message")),
            (
                "lcp_target",
                "coalesce(\(text("attribution", "LCP", "target")), \(text("attribution", "LCP", "element")))"
            ),
            ("inp_target", text("attribution", "INP", "interactionTarget")),
            ("cls_target", text("attribution", "CLS", "largestShiftTarget")),
        ].map { "\($0.1) as t_\($0.0)" }
        // The first 5,000 events of a session count.
        try connection.rows(
            """
            create temp table ev as select id, \(d.seconds) as time, coalesce(site, '') as site, visitor_id as v, session_id as s,
            pageview_id as p, event_type as t, seq, path, coalesce(referrer, '') as referrer,
            case when coalesce(user_agent, '') = '' and event_type = 'pageview' and coalesce(\(text("imported", "product")), '') <> ''
              then '\(KnownTexts.imported)' else coalesce(user_agent, '') end as agent, payload,
            coalesce(country, '') as country, coalesce(region, '') as region, coalesce(city, '') as city,
            coalesce(location_source, '') as location_source,
            \(d.isTrue("payload", "hidden")) as is_hidden, \((numbers + texts + parts).joined(separator: ",\n"))
            from (select c.*, row_number() over (partition by coalesce(site, ''), visitor_id, session_id order by id) as number
            from collector_events c) c where number <= 5000
            """
        )
    }

    // MARK: - Page views

    private func makeVitals() throws {
        let d = dialect
        func longest(_ names: [(Int, String)]) -> String {
            let whens = names.map { index, name in
                let others = names.filter { $0.0 != index }.map { "part\(index) >= coalesce(part\($0.0), -1)" }
                return "when " + (["part\(index) is not null"] + others).joined(separator: " and ") + " then '\(name)'"
            }
            return "case \(whens.joined(separator: " ")) else '' end"
        }
        let lcpPart = longest([
            (0, "timeToFirstByte"), (1, "resourceLoadDelay"), (2, "resourceLoadDuration"), (3, "elementRenderDelay"),
        ])
        let inpPart = longest([(4, "inputDelay"), (5, "processingDuration"), (6, "presentationDelay")])
        let vitals: [(name: String, max: Int, scale: Int, element: String, part: String)] = [
            (
                "lcp", 600_000, 1, "case when n_lcp > 2500 then \(shown("t_lcp_target")) else '' end",
                "case when n_lcp > 2500 then \(lcpPart) else '' end"
            ),
            (
                "inp", 600_000, 1, "case when n_inp > 200 then \(shown("t_inp_target")) else '' end",
                "case when n_inp > 200 then \(inpPart) else '' end"
            ),
            ("cls", 300, 1000, "case when n_cls > 0.1 then \(shown("t_cls_target")) else '' end", "''"),
            ("fcp", 600_000, 1, "''", "''"), ("ttfb", 600_000, 1, "''", "''"),
        ]
        let selects = vitals.map { vital in
            """
            select '\(vital.name)' as name, site, v, s, p, id, seq, \(d.double("n_\(vital.name)")) * \(vital.scale) as x, \(vital.element) as element,
            \(vital.part) as part from ev
            where t = 'webvitals' and coalesce(t_navigation, '') <> 'soft-navigation' and n_\(vital.name) between 0 and \(vital.max)
            """
        }
        try connection.rows(
            """
            create temp table vt as select * from (select y.*,
            row_number() over (partition by name, site, v, s, p order by seq desc, id desc) as number
            from (\(selects.joined(separator: "\nunion all\n"))) y) z where number = 1
            """
        )
        try connection.rows("create index vt_row on vt (site, v, s, p)")
    }

    private func makePageViews() throws {
        let d = dialect
        func vital(_ name: String, _ column: String) -> String {
            "(select vt.\(column) from vt where vt.name = '\(name)' and vt.site = g.site and vt.v = g.v and vt.s = g.s and vt.p = g.p)"
        }
        let vitals = ["lcp", "inp", "cls", "fcp", "ttfb"].map { "\(vital($0, "x")) as \($0)" }
        let causes = [("lcp", "element"), ("lcp", "part"), ("inp", "element"), ("inp", "part"), ("cls", "element")]
            .map { "coalesce(\(vital($0.0, $0.1)), '') as \($0.0)_\($0.1)" }
        let same = "w.site = g.site and w.v = g.v and w.s = g.s and w.p = g.p"
        try connection.rows(
            """
            create temp table pv as select row_number() over (order by f.time, f.id) as rid, g.site, g.v, g.s, g.p, f.time, f.id as first_id,
            g.own is not null as is_counted, g.received,
            case when coalesce(f.path, '') = '' then '/' else (select k.shown from known_paths k where k.raw = f.path) end as path,
            case when g.own is null then '' else \(shown("f.t_release")) end as release,
            case when g.own is null then '' else \(shown("f.t_connection")) end as connection,
            coalesce((select \(shown("w.t_navigation")) from ev w where \(same) and w.t = 'webvitals'
              and coalesce(w.t_navigation, '') not in ('', 'soft-navigation') order by w.id limit 1), '') as navigation,
            (select \(d.integer("round(w.n_engaged)")) from ev w where \(same) and w.t = 'engagement'
              and w.n_engaged between 0 and 86400000 order by w.seq desc, w.id desc limit 1) as engagement,
            \((vitals + causes).joined(separator: ",\n"))
            from (select site, v, s, p, count(*) as received, min(id) as first, min(case when t = 'pageview' then id end) as own
            from ev group by site, v, s, p) g join ev f on f.id = coalesce(g.own, g.first)
            """
        )
    }
}
