import Events
import HTTPServer
import HTTPWire
import Reports

extension RouteTable {
    /// All routes of the server.
    ///
    /// To add a route, add it here, and describe it in `Web/openapi.json` unless it is a page or a file.
    static let all = RouteTable(
        pages + ingest + health + sessions + settings + reports + issues + goals + events + alerts
    )

    /// Pages and files, which are not part of the API.
    static let pages =
        [
            Route("/", .file { site, call in site.home(call) }),
            .file("/insight", "insight.html"),
            .redirect("/insight/", to: "/insight"),
            .file("/privacy", "privacy.html"),
            .redirect("/demo", to: "/demo/"),
            .file("/demo/", "demo/home.html"),
            .file("/demo/shop", "demo/shop.html"),
            .file("/demo/about", "demo/about.html"),
            .file("/robots.txt", "robots.txt"),
            .file("/licenses.txt", "licenses.txt"),
            Route("/agent", .file { _, call in .now(.response(AgentRoute.response(call.request))) }),
            Route("/static/{name*}", .file { site, call in site.file("static/\(call.path["name"] ?? "")", call) }),
        ] + Route.scripts

    private static let ingest = [
        Route("/event", .ingest(bodyBytesMax: Limits.eventBodyBytesMax, .event)),
        Route("/events", .ingest(bodyBytesMax: Limits.batchBodyBytesMax, .events)),
        Route("/collect", .ingest(bodyBytesMax: Limits.collectBodyBytesMax, .collect)),
    ]

    private static let health = [
        Route("/health", .file(HealthHandlers.health)),
        Route("/metrics", .get(.owner, bodyBytesMax: Operation.ignoredBodyBytesMax, HealthHandlers.metrics)),
        Route("/health/details", .get(.owner, bodyBytesMax: Operation.ignoredBodyBytesMax, HealthHandlers.details)),
        Route("/ping", .file { site, _ in .now(site.measure.ping) }),
        Route("/bw", .file { site, call in .now(site.measure.bandwidth(query: call.request.query)) }),
    ]

    private static let sessions = [
        Route(
            "/api/session",
            .get(.identified, []) { site, call in site.sessions.session(call.identity) },
            .change(.post, .everyone) { site, call in site.sessions.signIn(call.request, call.ticket) },
            .change(.delete, .everyone) { site, call in site.sessions.signOut(call.request, call.ticket) }
        ),
        Route(
            "/api/shares",
            .get(.ownerOnly, [], ShareHandlers.list),
            .change(.post, .ownerOnly, [], ShareHandlers.add)
        ),
        Route("/api/shares/{id}", .change(.delete, .ownerOnly, [], ShareHandlers.revoke)),
        Route(
            "/api/sessions",
            .get(.ownerOnly, []) { site, call in site.sessions.ownSessions(call.identity, call.ticket) },
            .change(.delete, .ownerOnly) { site, call in site.sessions.endSessions(nil, call.identity, call.ticket) }
        ),
        Route(
            "/api/sessions/{id}",
            .change(.delete, .ownerOnly) { site, call in
                site.sessions.endSessions(call.path["id"] ?? "", call.identity, call.ticket)
            }
        ),
        Route(
            "/api/tokens",
            .get(.ownerOnly, [], TokenHandlers.list),
            .change(.post, .ownerOnly, [], TokenHandlers.add)
        ),
        Route("/api/tokens/{id}", .change(.delete, .ownerOnly, [], TokenHandlers.revoke)),
        Route("/api/audit-log", .get(.ownerOnly, [.before], AuditHandlers.list)),
        Route(
            "/api/segments",
            .get(.reader(.scope()), [], SavedSegmentHandlers.list),
            .change(.post, .owner, [], SavedSegmentHandlers.add)
        ),
        Route(
            "/api/segments/{id}",
            .change(.put, .owner, [], SavedSegmentHandlers.change),
            .change(.delete, .owner, [], SavedSegmentHandlers.remove)
        ),
    ]

    private static let settings = [
        Route(
            "/api/settings",
            .get(.reader(.scope()), [], SettingsHandlers.settings),
            .change(.put, .owner, [.site], SettingsHandlers.changeSettings)
        ),
        Route(
            "/api/privacy",
            .get(.everyone, [.site], PrivacyHandlers.privacy),
            .change(.put, .owner, [.site], PrivacyHandlers.change)
        ),
        Route(
            "/api/annotations",
            .get(.reader(.report()), Parameter.range + [.site], SettingsHandlers.annotations),
            .change(.post, .owner, [], SettingsHandlers.add)
        ),
        Route(
            "/api/annotations/{id}",
            .change(.put, .owner, [], SettingsHandlers.replace),
            .change(.delete, .owner, [], SettingsHandlers.remove)
        ),
    ]

    private static let reports = [
        Route("/api/openapi.json", .get(.everyone) { site, call in site.file("openapi.json", call) }),
        Route("/api/status", .get(.reader(.server), [], HealthHandlers.status)),
        Route("/api/storage", .get(.owner, [], StorageHandlers.storage)),
        Route("/api/storage/site", .get(.owner, [.requiredSite], StorageHandlers.siteStorage)),
        Route("/api/sites", .get(.reader(.scope()), [], ReportHandlers.sites)),
        Route("/api/live", .get(.reader(.present()), [.site], ReportHandlers.live)),
        Route(
            "/api/overview",
            .get(.reader(.report(.overview)), Parameter.series + [.compare], ReportHandlers.overview)
        ),
        Route(
            "/api/performance",
            .get(.reader(.report(.performance)), Parameter.series + [.compare], ReportHandlers.performance)
        ),
        Route(
            "/api/breakdowns",
            .get(
                .reader(.report(.overview, .performance)),
                Parameter.filtered + [.dimensions, .listRows, .only, .goal] + Parameter.list + [.compare],
                ReportHandlers.breakdowns
            )
        ),
        Route(
            "/api/vitals-by",
            .get(
                .reader(.report(.performance)),
                Parameter.filtered + [.vitalsDimension, .rows, .vitalsOrder, .sampleMin],
                ReportHandlers.vitalsBy
            )
        ),
        Route(
            "/api/slow-pages",
            .get(
                .reader(.report(.performance)),
                Parameter.filtered + [.vital, .slowPages, .sampleMin],
                ReportHandlers.slowPages
            )
        ),
        Route(
            "/api/fingerprints",
            .get(.reader(.allTime(.fingerprint)), Parameter.filtered, ReportHandlers.fingerprints)
        ),
        Route(
            "/api/data-quality",
            .get(.reader(.report(.overview)), Parameter.filteredTraffic, ReportHandlers.dataQuality)
        ),
        Route("/api/tracking", .get(.reader(.report(.tracking)), Parameter.range + [.site], TrackingHandlers.tracking)),
        Route(
            "/api/fingerprint-frequency",
            .get(.everyone, [.signals, .site], ReportHandlers.fingerprintFrequency)
        ),
    ]

    private static let goals = [
        Route(
            "/api/goals",
            .get(.reader(.definitions(.goals)), [.site], GoalHandlers.goals),
            .change(.post, .owner, [], GoalHandlers.addGoal)
        ),
        Route(
            "/api/goals/{id}",
            .change(.put, .owner, [], GoalHandlers.changeGoal),
            .change(.delete, .owner, [], GoalHandlers.removeGoal)
        ),
        Route(
            "/api/conversions",
            .get(.reader(.report(.goals)), Parameter.series + [.compare], GoalHandlers.conversions)
        ),
        Route(
            "/api/funnels",
            .get(.reader(.definitions(.goals)), [.site], GoalHandlers.funnels),
            .change(.post, .owner, [], GoalHandlers.addFunnel)
        ),
        Route(
            "/api/funnels/{id}",
            .get(.reader(.report(.goals)), Parameter.filtered, GoalHandlers.savedFunnel),
            .change(.put, .owner, [], GoalHandlers.changeFunnel),
            .change(.delete, .owner, [], GoalHandlers.removeFunnel)
        ),
        Route(
            "/api/funnel-report",
            .get(.reader(.report(.goals)), Parameter.filtered + Parameter.funnel, GoalHandlers.funnel)
        ),
        Route(
            "/api/retention",
            .get(.reader(.report(.goals)), Parameter.filtered + Parameter.retention, GoalHandlers.retention)
        ),
        Route("/api/paths", .get(.reader(.report(.goals)), Parameter.filtered + Parameter.paths, GoalHandlers.paths)),
    ]

    private static let issues = [
        Route(
            "/api/issues",
            .get(.reader(.report(.issues)), Parameter.series + Parameter.issueListing, IssueHandlers.issues)
        ),
        Route(
            "/api/issues/{id}",
            .get(.reader(.report(.issues)), Parameter.series, IssueHandlers.issue),
            .change(.put, .owner, [.site], IssueHandlers.decide)
        ),
        Route(
            "/api/issues/{id}/occurrences",
            .get(.reader(.report(.issues)), Parameter.filtered + [.before, .occurrences], IssueHandlers.occurrences)
        ),
        Route(
            "/api/issues/{id}/properties",
            .get(.reader(.report(.issues)), Parameter.filtered, IssueHandlers.properties)
        ),
        Route(
            "/api/issues/{id}/merge",
            .change(.put, .owner, [], IssueHandlers.merge),
            .change(.delete, .owner, [], IssueHandlers.unmerge)
        ),
    ]

    private static let events = [
        Route(
            "/api/events",
            .get(.reader(.allTime(.raw)), Parameter.search + [.before, .events], EventHandlers.events)
        ),
        Route(
            "/api/visitors",
            .get(
                .reader(.report(.visitors)),
                Parameter.filtered + [.visitorSort, .find, .visitors, .cursor],
                VisitorHandlers.visitors
            )
        ),
        Route("/api/visitors/{visitor}", .change(.delete, .owner, [.site], ErasureHandlers.erase)),
        Route("/api/visitors/{visitor}/export", .get(.owner, [.site], ErasureHandlers.export)),
        Route("/api/erasures", .get(.owner, [], ErasureHandlers.list)),
        Route("/api/erasures/{id}", .get(.owner, [], ErasureHandlers.find)),
        Route("/api/visitors/{visitor}/timeline", .get(.reader(.scope(.visitors)), [.before], EventHandlers.timeline)),
        Route("/api/export", .get(.reader(.allTime(.raw)), Parameter.search + [.format], EventHandlers.export)),
        Route("/api/stream", .get(.reader(.present(.raw)), [.after], EventHandlers.stream)),
        Route("/api/submissions", .get(.reader(.unlimited(.raw)), [], EventHandlers.submissions)),
    ]

    private static let alerts = [
        Route("/api/alerts", .get(.owner, [], AlertHandlers.history)),
        Route(
            "/api/alert-rules",
            .get(.owner, [], AlertHandlers.rules),
            .change(.post, .owner, [], AlertHandlers.addRule)
        ),
        Route(
            "/api/alert-rules/{id}",
            .change(.put, .owner, [], AlertHandlers.changeRule),
            .change(.delete, .owner, [], AlertHandlers.removeRule)
        ),
        Route("/api/alert-rules/{id}/test", .change(.post, .owner, [], AlertHandlers.testRule)),
        Route(
            "/api/alert-channels",
            .get(.owner, [], AlertHandlers.channels),
            .change(.post, .owner, [], AlertHandlers.addChannel)
        ),
        Route(
            "/api/alert-channels/{id}",
            .change(.put, .owner, [], AlertHandlers.changeChannel),
            .change(.delete, .owner, [], AlertHandlers.removeChannel)
        ),
        Route("/api/alert-channels/{id}/test", .change(.post, .owner, [], AlertHandlers.testChannel)),
    ]
}
