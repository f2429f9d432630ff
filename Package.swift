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
        .target(name: "CNet"),
        .target(name: "CAssets", exclude: ["generated"]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CBrotli", pkgConfig: "libbrotlidec", providers: [.apt(["libbrotli-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // Boundaries: the only importers of C.
        .target(name: "Assets", dependencies: ["CAssets"], swiftSettings: boundary),
        .target(name: "Guarded", swiftSettings: boundary),
        .target(name: "Digest", dependencies: ["CCrypto"], swiftSettings: boundary),
        .target(name: "Expansion", dependencies: ["CBrotli", "CZlib"], swiftSettings: boundary),
        .target(name: "HTTPServer", dependencies: ["CNet", "Guarded", "HTTPWire"], swiftSettings: boundary),
        .target(name: "Patterns", dependencies: ["CPCRE2"], swiftSettings: boundary),
        .target(name: "Postgres", dependencies: ["CPostgres"], swiftSettings: boundary),
        .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: boundary),

        // Pure: no I/O, no clock, no lock.
        .target(name: "HTTPWire", swiftSettings: strict),
        .target(name: "JSONScan", swiftSettings: strict),
        .target(name: "Segments", swiftSettings: boundary),
        .target(name: "Numbers", swiftSettings: strict),
        .target(name: "Telemetry", dependencies: ["Digest", "JSONScan"], swiftSettings: strict),

        .target(
            name: "UserAgents",
            dependencies: ["Assets", "Guarded", "Patterns"],
            swiftSettings: strict
        ),
        .target(name: "Log", swiftSettings: strict),
        .target(name: "Storage", dependencies: ["Digest", "Guarded", "Telemetry"], swiftSettings: strict),
        .target(
            name: "StorageSQLite",
            dependencies: ["Guarded", "SQLite", "Storage", "Telemetry"],
            swiftSettings: strict
        ),
        .target(name: "StoragePostgres", dependencies: ["Postgres", "Storage", "Telemetry"], swiftSettings: strict),
        .target(name: "Ingest", dependencies: ["Guarded", "Log", "Storage", "Telemetry"], swiftSettings: strict),
        .target(
            name: "Insight",
            dependencies: [
                "Digest", "Guarded", "JSONScan", "Log", "Segments", "Numbers", "Storage", "Telemetry", "UserAgents",
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Web",
            dependencies: [
                "Assets", "Digest", "Expansion", "Guarded", "HTTPServer", "HTTPWire", "Ingest", "Insight", "JSONScan",
                "Log", "Storage", "Telemetry", "UserAgents",
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "collector",
            dependencies: [
                "Assets", "Digest", "Guarded", "HTTPServer", "Ingest", "Insight", "Log", "Storage", "StoragePostgres",
                "StorageSQLite",
                "Telemetry",
                "Web",
            ],
            swiftSettings: strict
        ),

        // Tests: one target a module, the contract of both stores, and the rules of the house.
        .target(
            name: "TestSupport",
            dependencies: ["Storage", "Telemetry"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(name: "CollectorTests", dependencies: ["Log", "Telemetry", "collector"], swiftSettings: strict),
        .testTarget(name: "DigestTests", dependencies: ["Digest"], swiftSettings: strict),
        .testTarget(name: "ExpansionTests", dependencies: ["CZlib", "Expansion"], swiftSettings: strict),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["Guarded", "HTTPServer", "HTTPWire"],
            swiftSettings: strict
        ),
        .testTarget(name: "HTTPWireTests", dependencies: ["HTTPWire"], swiftSettings: strict),
        .testTarget(
            name: "IngestTests",
            dependencies: [
                "Guarded", "Ingest", "Log", "SQLite", "Storage", "StoragePostgres", "StorageSQLite", "Telemetry",
                "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "InsightTests",
            dependencies: [
                "Digest", "Insight", "JSONScan", "Segments", "Numbers", "Storage", "Telemetry", "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "JSONScanTests", dependencies: ["JSONScan"], swiftSettings: strict),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "SegmentsTests", dependencies: ["Segments"], swiftSettings: strict),
        .testTarget(
            name: "StorageContractTests",
            dependencies: [
                "Insight", "Postgres", "SQLite", "Segments", "Numbers", "Storage", "StoragePostgres", "StorageSQLite",
                "Telemetry",
                "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StorageTests",
            dependencies: ["Digest", "Storage", "Telemetry", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["JSONScan", "Telemetry", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "TidyTests", swiftSettings: strict),
        .testTarget(
            name: "UserAgentsTests",
            dependencies: ["Assets", "Patterns", "UserAgents"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WebTests",
            dependencies: ["HTTPWire", "Insight", "Telemetry", "Web"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c2x
)
