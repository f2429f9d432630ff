// swift-tools-version:6.2
import PackageDescription

/// Every Swift target: language mode 6, the upcoming features, and no warning survives.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Targets that speak to C, or read many stored bytes: each unsafe use is spelled out.
let boundary: [SwiftSetting] = strict + [.strictMemorySafety()]

let package = Package(
    name: "collector",
    products: [.executable(name: "collector", targets: ["collector"])],
    targets: [
        // C: what Swift cannot reach or hold by itself. No logic.
        .target(name: "CNet", path: "Sources/C/CNet"),
        .target(name: "CAssets", path: "Sources/C/CAssets", exclude: ["generated"]),
        .systemLibrary(
            name: "CSQLite",
            path: "Sources/C/CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "CPostgres",
            path: "Sources/C/CPostgres",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]
        ),
        .systemLibrary(
            name: "CBrotli",
            path: "Sources/C/CBrotli",
            pkgConfig: "libbrotlidec",
            providers: [.apt(["libbrotli-dev"])]
        ),
        .systemLibrary(name: "CZlib", path: "Sources/C/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CCrypto",
            path: "Sources/C/CCrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),

        // Support: C boundaries, HTTP, JSON, locks, logs. Knows nothing of this product.
        .target(
            name: "Assets",
            dependencies: ["CAssets"],
            path: "Sources/Support/Assets",
            swiftSettings: boundary
        ),
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
            swiftSettings: boundary
        ),
        .target(
            name: "HTTPServer",
            dependencies: ["CNet", "HTTPWire", "Locks"],
            path: "Sources/Support/HTTPServer",
            swiftSettings: boundary
        ),
        .target(name: "HTTPWire", path: "Sources/Support/HTTPWire", swiftSettings: strict),
        .target(name: "JSON", path: "Sources/Support/JSON", swiftSettings: strict),
        .target(name: "Locks", path: "Sources/Support/Locks", swiftSettings: boundary),
        .target(name: "Log", path: "Sources/Support/Log", swiftSettings: strict),
        .target(name: "Numbers", path: "Sources/Support/Numbers", swiftSettings: strict),
        .target(
            name: "Postgres",
            dependencies: ["CPostgres"],
            path: "Sources/Support/Postgres",
            swiftSettings: boundary
        ),
        .target(
            name: "SQLite",
            dependencies: ["CSQLite"],
            path: "Sources/Support/SQLite",
            swiftSettings: boundary
        ),

        // Domain: what browsers send, parsed. No I/O.
        .target(
            name: "TimeZones",
            dependencies: ["Events", "Locks"],
            path: "Sources/Domain/TimeZones",
            swiftSettings: strict
        ),
        .target(
            name: "Events",
            dependencies: ["Crypto", "JSON"],
            path: "Sources/Domain/Events",
            swiftSettings: strict
        ),

        // Storage: one protocol, two stores.
        .target(
            name: "Storage",
            dependencies: ["Crypto", "Events", "Locks"],
            path: "Sources/Storage/Storage",
            swiftSettings: strict
        ),
        .target(
            name: "StoragePostgres",
            dependencies: ["Events", "Postgres", "Storage"],
            path: "Sources/Storage/StoragePostgres",
            swiftSettings: strict
        ),
        .target(
            name: "StorageSQLite",
            dependencies: ["Events", "Locks", "SQLite", "Storage"],
            path: "Sources/Storage/StorageSQLite",
            swiftSettings: strict
        ),

        // Ingest: group commit, journal, dead letters.
        .target(
            name: "Ingest",
            dependencies: ["Events", "Locks", "Log", "Storage"],
            path: "Sources/Ingest/Ingest",
            swiftSettings: strict
        ),

        // Analytics: from events to reports.
        .target(
            name: "Aggregation",
            dependencies: ["Crypto", "Events", "JSON", "Numbers", "Segments"],
            path: "Sources/Analytics/Aggregation",
            swiftSettings: strict
        ),
        .target(
            name: "DemoData",
            dependencies: ["Events", "Numbers", "Storage"],
            path: "Sources/Analytics/DemoData",
            swiftSettings: strict
        ),
        .target(
            name: "Reports",
            dependencies: [
                "Aggregation", "Crypto", "Events", "Numbers", "Rollups", "Segments",
                "Storage", "TimeZones",
            ],
            path: "Sources/Analytics/Reports",
            swiftSettings: strict
        ),
        .target(
            name: "Rollups",
            dependencies: [
                "Aggregation", "Crypto", "Events", "Locks", "Log", "Numbers", "Segments", "Storage",
            ],
            path: "Sources/Analytics/Rollups",
            swiftSettings: strict
        ),
        .target(name: "Segments", path: "Sources/Analytics/Segments", swiftSettings: boundary),

        // API: routes, sessions, the live feed.
        .target(
            name: "HTTPAPI",
            dependencies: [
                "Aggregation", "Assets", "Compression", "Crypto", "Events", "HTTPServer",
                "HTTPWire", "Ingest", "JSON", "Locks", "Log", "Numbers", "Reports", "Rollups",
                "Segments", "Storage", "TimeZones",
            ],
            path: "Sources/API/HTTPAPI",
            swiftSettings: strict
        ),

        // App: commands, configuration, composition; alone knows which stores there are.
        .executableTarget(
            name: "collector",
            dependencies: [
                "Assets", "DemoData", "Events", "HTTPAPI", "HTTPServer", "Ingest", "Locks", "Log",
                "Reports", "Rollups", "Storage", "StoragePostgres", "StorageSQLite",
            ],
            path: "Sources/App/collector",
            swiftSettings: strict
        ),

        // Tests: one target a module, the contract of both stores, and the rules of the house.
        .target(
            name: "TestSupport",
            dependencies: ["Events", "Storage"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "AggregationTests",
            dependencies: [
                "Aggregation", "Crypto", "DemoData", "Events", "JSON", "Numbers", "Segments",
                "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CollectorTests",
            dependencies: ["Events", "Log", "collector"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CompressionTests",
            dependencies: ["CZlib", "Compression"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CryptoTests",
            dependencies: ["Crypto"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EventsTests",
            dependencies: ["Events", "JSON", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HTTPAPITests",
            dependencies: [
                "Events", "HTTPAPI", "HTTPServer", "HTTPWire", "Log", "Reports", "Rollups", "Segments",
                "TimeZones",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "HTTPWire", "Locks"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HTTPWireTests",
            dependencies: ["HTTPWire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IngestTests",
            dependencies: [
                "Events", "Ingest", "Locks", "Log", "SQLite", "Storage", "StoragePostgres",
                "StorageSQLite", "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "JSONTests",
            dependencies: ["JSON"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PostgresTests",
            dependencies: ["Postgres", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ReportsTests",
            dependencies: [
                "Aggregation", "Events", "Reports", "Rollups", "Segments", "Storage", "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RollupsTests",
            dependencies: [
                "Aggregation", "Events", "Rollups", "Segments", "Storage", "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SQLiteTests",
            dependencies: ["SQLite", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SegmentsTests",
            dependencies: ["Segments"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StorageContractTests",
            dependencies: [
                "Aggregation", "DemoData", "Events", "HTTPAPI", "Numbers", "Postgres", "Reports", "Rollups",
                "SQLite", "Segments", "Storage", "StoragePostgres", "StorageSQLite", "TestSupport",
                "TimeZones",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Crypto", "Events", "Storage", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "TidyTests", swiftSettings: strict),
        .testTarget(
            name: "TimeZonesTests",
            dependencies: ["TimeZones"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c2x
)
