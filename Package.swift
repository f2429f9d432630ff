// swift-tools-version:6.2
import PackageDescription

/// Settings of all Swift targets: upcoming features, and warnings as errors.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Settings of targets that call C or decode large binary data: every unsafe operation is marked.
let boundary: [SwiftSetting] = strict + [.strictMemorySafety()]

/// Settings of debug builds for targets that scan many rows: unoptimized, they would take most of the time of the tests.
let optimized: [SwiftSetting] = [
    .unsafeFlags(["-O", "-disable-batch-mode", "-wmo", "-num-threads", "2"], .when(configuration: .debug))
]

/// A C library of the system: `package` is that of Debian.
func systemLibrary(_ name: String, pkgConfig: String, package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

let package = Package(
    name: "collector",
    products: [.executable(name: "collector", targets: ["collector"])],
    targets: [
        // C: code that cannot be written in Swift, and embedded assets. No application logic.
        .target(name: "CNet", path: "Sources/C/CNet"),
        .target(name: "CCurl", path: "Sources/C/CCurl"),
        .target(name: "CHTML", path: "Sources/C/CHTML"),
        .target(
            name: "CTLS",
            path: "Sources/C/CTLS",
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        .target(name: "CAssets", path: "Sources/C/CAssets", exclude: ["generated"]),
        systemLibrary("CSQLite", pkgConfig: "sqlite3", package: "libsqlite3-dev"),
        systemLibrary("CPostgres", pkgConfig: "libpq", package: "libpq-dev"),
        systemLibrary("CBrotli", pkgConfig: "libbrotlidec", package: "libbrotli-dev"),
        systemLibrary("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
        systemLibrary("CPCRE2", pkgConfig: "libpcre2-8", package: "libpcre2-dev"),
        systemLibrary("CMaxMind", pkgConfig: "libmaxminddb", package: "libmaxminddb-dev"),
        systemLibrary("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),

        // Support: C boundaries, HTTP, JSON, locks, logging. Independent of the product.
        .target(name: "Assets", dependencies: ["CAssets"], path: "Sources/Support/Assets", swiftSettings: boundary),
        .target(
            name: "Compression",
            dependencies: ["CBrotli", "CZlib"],
            path: "Sources/Support/Compression",
            swiftSettings: boundary
        ),
        .target(
            name: "Crypto",
            dependencies: ["CCrypto"],
            path: "Sources/Support/Crypto",
            swiftSettings: boundary + optimized
        ),
        .target(name: "Files", path: "Sources/Support/Files", swiftSettings: strict),
        .target(name: "HTML", dependencies: ["CHTML"], path: "Sources/Support/HTML", swiftSettings: boundary),
        .target(
            name: "HTTPClient",
            dependencies: ["CCurl"],
            path: "Sources/Support/HTTPClient",
            swiftSettings: boundary
        ),
        .target(
            name: "HTTPServer",
            dependencies: ["CNet", "HTTPWire", "Locks", "TLS", "Workers"],
            path: "Sources/Support/HTTPServer",
            swiftSettings: boundary
        ),
        .target(name: "HTTPWire", path: "Sources/Support/HTTPWire", swiftSettings: strict),
        .target(name: "JSON", path: "Sources/Support/JSON", swiftSettings: strict + optimized),
        .target(name: "Locks", path: "Sources/Support/Locks", swiftSettings: boundary),
        .target(name: "Log", path: "Sources/Support/Log", swiftSettings: strict),
        .target(name: "MaxMind", dependencies: ["CMaxMind"], path: "Sources/Support/MaxMind", swiftSettings: boundary),
        .target(name: "Numbers", path: "Sources/Support/Numbers", swiftSettings: strict + optimized),
        .target(name: "Patterns", dependencies: ["CPCRE2"], path: "Sources/Support/Patterns", swiftSettings: boundary),
        .target(
            name: "Postgres",
            dependencies: ["CPostgres"],
            path: "Sources/Support/Postgres",
            swiftSettings: boundary + optimized
        ),
        .target(
            name: "SQLite",
            dependencies: ["CSQLite"],
            path: "Sources/Support/SQLite",
            swiftSettings: boundary + optimized
        ),
        .target(
            name: "TLS",
            dependencies: ["CTLS", "Files", "Locks", "Log", "Workers"],
            path: "Sources/Support/TLS",
            swiftSettings: boundary
        ),
        .target(name: "Texts", path: "Sources/Support/Texts", swiftSettings: strict + optimized),
        .target(name: "Workers", path: "Sources/Support/Workers", swiftSettings: strict),

        // Domain: parsed events and reports of browsers, and files that describe them, such as time zones. No network.
        .target(
            name: "Locations",
            dependencies: ["Events", "Files", "Locks", "Log", "MaxMind"],
            path: "Sources/Domain/Locations",
            swiftSettings: strict
        ),
        .target(
            name: "TimeZones",
            dependencies: ["Assets", "Events", "Files", "Locks"],
            path: "Sources/Domain/TimeZones",
            swiftSettings: strict
        ),
        .target(
            name: "Events",
            dependencies: ["Crypto", "JSON"],
            path: "Sources/Domain/Events",
            swiftSettings: strict + optimized
        ),
        .target(name: "Channels", dependencies: ["Assets"], path: "Sources/Domain/Channels", swiftSettings: strict),
        .target(
            name: "UserAgents",
            dependencies: ["Assets", "Locks", "Patterns", "Texts"],
            path: "Sources/Domain/UserAgents",
            swiftSettings: strict
        ),

        // Storage: the store protocol and its two implementations.
        .target(
            name: "Storage",
            dependencies: ["Crypto", "Events", "Locks", "Texts"],
            path: "Sources/Storage/Storage",
            swiftSettings: strict + optimized
        ),
        .target(
            name: "StoragePostgres",
            dependencies: ["Events", "Postgres", "Storage"],
            path: "Sources/Storage/StoragePostgres",
            swiftSettings: strict + optimized
        ),
        .target(
            name: "StorageSQLite",
            dependencies: ["Crypto", "Events", "Locks", "SQLite", "Storage"],
            path: "Sources/Storage/StorageSQLite",
            swiftSettings: strict + optimized
        ),

        // Ingest: group commit, journal, dead letters.
        .target(
            name: "Ingest",
            dependencies: ["Events", "Locks", "Log", "Storage", "Workers"],
            path: "Sources/Ingest/Ingest",
            swiftSettings: strict
        ),

        // Analytics: aggregation, rollups, reports and alerts.
        .target(
            name: "Alerts",
            dependencies: [
                "Crypto", "Events", "HTTPClient", "Locks", "Log", "Reports", "Rollups", "Segments", "Storage",
                "Texts", "TimeZones", "Workers",
            ],
            path: "Sources/Analytics/Alerts",
            swiftSettings: strict
        ),
        .target(
            name: "Aggregation",
            dependencies: [
                "Channels", "Crypto", "Events", "JSON", "Numbers", "Segments", "Texts", "TimeZones", "UserAgents",
            ],
            path: "Sources/Analytics/Aggregation",
            swiftSettings: strict + optimized
        ),
        .target(
            name: "DemoData",
            dependencies: ["Events", "Numbers", "Storage"],
            path: "Sources/Analytics/DemoData",
            swiftSettings: strict
        ),
        .target(
            name: "Archive",
            dependencies: [
                "Compression", "Crypto", "Events", "Files", "JSON", "Locks", "Log", "Rollups", "Storage", "Texts",
                "Workers",
            ],
            path: "Sources/Analytics/Archive",
            swiftSettings: strict
        ),
        .target(
            name: "Imports",
            dependencies: ["Compression", "Crypto", "Events", "Files", "JSON", "Storage"],
            path: "Sources/Analytics/Imports",
            swiftSettings: strict
        ),
        .target(
            name: "Erasure",
            dependencies: ["Events", "Log", "Rollups", "Storage", "Texts", "Workers"],
            path: "Sources/Analytics/Erasure",
            swiftSettings: strict
        ),
        .target(
            name: "Reports",
            dependencies: [
                "Aggregation", "Crypto", "Events", "Locks", "Numbers", "Rollups", "Segments", "Storage",
                "Texts", "TimeZones", "UserAgents",
            ],
            path: "Sources/Analytics/Reports",
            swiftSettings: strict
        ),
        .target(
            name: "Rollups",
            dependencies: [
                "Aggregation", "Crypto", "Events", "Locks", "Log", "Numbers", "Segments",
                "Storage", "Texts", "Workers",
            ],
            path: "Sources/Analytics/Rollups",
            swiftSettings: strict + optimized
        ),
        .target(
            name: "Segments",
            dependencies: ["Locks", "Texts"],
            path: "Sources/Analytics/Segments",
            swiftSettings: boundary + optimized
        ),

        // API: live feed, routes, sessions.
        .target(
            name: "Live",
            dependencies: ["Aggregation", "HTTPServer", "Locks", "Log", "Reports", "Storage", "Workers"],
            path: "Sources/API/Live",
            swiftSettings: strict
        ),
        .target(
            name: "HTTPAPI",
            dependencies: [
                "Aggregation", "Alerts", "Assets", "Compression", "Crypto", "Erasure", "Events", "Files", "HTTPClient",
                "HTTPServer", "HTTPWire", "Ingest", "JSON", "Live", "Locations", "Locks", "Log", "Numbers", "Reports",
                "Rollups", "Segments", "Storage", "TLS", "Texts", "TimeZones", "UserAgents", "Workers",
            ],
            path: "Sources/API/HTTPAPI",
            swiftSettings: strict
        ),

        // App: commands, configuration, composition. The only target that depends on the concrete stores.
        .executableTarget(
            name: "collector",
            dependencies: [
                "Alerts", "Archive", "Assets", "Crypto", "DemoData", "Erasure", "Events", "Files", "HTML", "HTTPAPI",
                "HTTPClient", "HTTPServer", "Imports",
                "Ingest", "Live", "Locations", "Locks", "Log", "MaxMind", "Numbers", "Reports", "Rollups", "Storage",
                "StoragePostgres", "StorageSQLite", "TLS", "Texts", "Workers",
            ],
            path: "Sources/App/collector",
            swiftSettings: strict
        ),

        // Tests: one target per module, the contract tests of both stores, and the code conventions.
        .target(
            name: "TestSupport",
            dependencies: ["Events", "Postgres", "Storage", "StoragePostgres"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "AggregationTests",
            dependencies: [
                "Aggregation", "Crypto", "DemoData", "Events", "JSON", "Numbers", "Segments", "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AlertsTests",
            dependencies: ["Alerts", "Events", "Reports", "Segments"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CollectorTests",
            dependencies: [
                "Crypto", "Events", "Files", "HTML", "HTTPAPI", "HTTPClient", "Log", "Reports", "Rollups",
                "Segments", "TLS", "collector",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ArchiveTests",
            dependencies: ["Archive", "Storage", "StorageSQLite", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ImportsTests",
            dependencies: ["Compression", "Events", "Files", "Imports", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "CompressionTests", dependencies: ["CZlib", "Compression"], swiftSettings: strict),
        .testTarget(
            name: "ContractTests",
            dependencies: [
                "Aggregation", "Alerts", "Events", "HTTPAPI", "HTTPWire", "Ingest", "JSON", "Live", "Reports",
                "Segments", "StorageSQLite", "TestSupport", "collector",
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "CryptoTests", dependencies: ["Crypto"], swiftSettings: strict),
        .testTarget(name: "EventsTests", dependencies: ["Events", "JSON", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "HTTPAPITests",
            dependencies: [
                "Assets", "Events", "HTTPAPI", "HTTPServer", "HTTPWire", "Log", "Reports", "Rollups", "Segments",
                "Storage", "TestSupport", "TimeZones",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "HTTPWire", "Locks", "Log", "TLS", "TestSupport", "Workers"],
            swiftSettings: strict
        ),
        .testTarget(name: "HTTPWireTests", dependencies: ["HTTPWire"], swiftSettings: strict),
        .testTarget(
            name: "IngestTests",
            dependencies: [
                "Events", "Ingest", "Locks", "Log", "Postgres", "SQLite", "Storage", "StoragePostgres",
                "StorageSQLite", "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(
            name: "LiveTests",
            dependencies: [
                "Aggregation", "Events", "HTTPServer", "Live", "Log", "Reports", "Storage", "StorageSQLite",
                "TestSupport", "Workers",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "LocationsTests",
            dependencies: ["Events", "Files", "Locations", "Log", "MaxMind", "TimeZones"],
            swiftSettings: strict
        ),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ReportsTests",
            dependencies: [
                "Aggregation", "Events", "Reports", "Rollups", "Segments", "Storage", "TestSupport", "Texts",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RollupsTests",
            dependencies: ["Aggregation", "Events", "Rollups", "Segments", "Storage", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "SegmentsTests", dependencies: ["Locks", "Segments", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "StorageContractTests",
            dependencies: [
                "Aggregation", "Alerts", "CSQLite", "DemoData", "Erasure", "Events", "HTTPAPI", "HTTPServer", "Locks",
                "Log", "Numbers", "Postgres", "Reports", "Rollups", "SQLite", "Segments", "Storage",
                "StoragePostgres", "StorageSQLite", "TestSupport", "Texts", "TimeZones", "Workers",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Crypto", "Events", "Storage", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "TidyTests", swiftSettings: strict),
        .testTarget(name: "TimeZonesTests", dependencies: ["TimeZones"], swiftSettings: strict),
        .testTarget(name: "ChannelsTests", dependencies: ["Channels"], swiftSettings: strict),
        .testTarget(
            name: "UserAgentsTests",
            dependencies: ["Assets", "Patterns", "UserAgents"],
            swiftSettings: strict
        ),
        .testTarget(name: "WorkersTests", dependencies: ["Workers"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c2x
)

// Only these test targets, separated by commas, and what they depend on: for the thread sanitizer (scripts/test).
if let names = Context.environment["COLLECTOR_TEST_TARGETS"] {
    let targets = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var wanted = names.split(separator: ",").map(String.init)
    var kept: Set<String> = []
    while let name = wanted.popLast() {
        guard kept.insert(name).inserted else { continue }
        for case .byNameItem(let dependency, _) in targets[name]?.dependencies ?? [] { wanted.append(dependency) }
    }
    package.targets.removeAll { !kept.contains($0.name) }
    package.products = []
}
