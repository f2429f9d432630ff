import Testing

/// Which modules may import which: the arrows of docs/architecture.md.
///
/// The package manager does not hold them in a warm build folder.
private let allowedImports: [String: Set<String>] = [
    "Assets": ["CAssets"],
    "Digest": ["CCrypto"],
    "Expansion": ["CBrotli", "CZlib"],
    "HTTPServer": ["CNet", "Guarded", "HTTPWire"],
    "Patterns": ["CPCRE2"],
    "Postgres": ["CPostgres"],
    "SQLite": ["CSQLite"],
    "HTTPWire": [],
    "JSONScan": [],
    "Telemetry": ["Digest", "JSONScan"],
    "UserAgents": ["Assets", "Guarded", "Patterns"],
    "Segments": [],
    "Numbers": [],
    "Guarded": [],
    "Log": [],
    "Storage": ["Digest", "Guarded", "Telemetry"],
    "StorageSQLite": ["Guarded", "SQLite", "Storage", "Telemetry"],
    "StoragePostgres": ["Postgres", "Storage", "Telemetry"],
    "Ingest": ["Guarded", "Log", "Storage", "Telemetry"],
    "Insight": [
        "Digest", "Guarded", "JSONScan", "Log", "Segments", "Numbers", "Storage", "Telemetry", "UserAgents",
    ],
    "Web": [
        "Assets", "Digest", "Expansion", "Guarded", "HTTPServer", "HTTPWire", "Ingest", "Insight", "JSONScan", "Log",
        "Storage", "Telemetry", "UserAgents",
    ],
    "collector": [
        "Assets", "Digest", "Guarded", "HTTPServer", "Ingest", "Insight", "Log", "Storage", "StoragePostgres",
        "StorageSQLite", "Telemetry",
        "Web",
    ],
]

/// Modules of C, each with the one module that may import it.
private let boundaries = [
    "CAssets": "Assets", "CBrotli": "Expansion", "CCrypto": "Digest", "CNet": "HTTPServer", "CPCRE2": "Patterns",
    "CPostgres": "Postgres", "CSQLite": "SQLite", "CZlib": "Expansion",
]

/// What the toolchain brings; the whole of Foundation is not among it.
private let systemModules: Set<String> = ["Glibc", "Dispatch", "Synchronization", "FoundationEssentials"]

/// Modules that must not know the world: no clock, no files, no threads.
private let pureModules: Set<String> = ["HTTPWire", "JSONScan"]

private struct Import {
    let file: SourceFile
    let module: String
}

private func imports(_ files: [SourceFile]) -> [Import] {
    let pattern =
        #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:package |public |internal |private |fileprivate )?import\s+(?:\w+\s+)?(\w+)/#
    return files.flatMap { file in
        file.lines.compactMap { line in line.firstMatch(of: pattern).map { Import(file: file, module: String($0.1)) } }
    }
}

@Test func `every module is in the table of imports`() {
    let modules = Set(SourceTree.subfolders("Sources"))
    #expect(modules == Set(allowedImports.keys).union(boundaries.keys))
}

@Test func `a module imports only what the table allows`() {
    for item in imports(SourceTree.sources) where allowedImports[item.module] != nil || boundaries[item.module] != nil {
        let allowed = allowedImports[item.file.module] ?? []
        #expect(allowed.contains(item.module), "\(item.file) imports \(item.module)")
    }
}

@Test func `C is imported by its boundary alone`() {
    for item in imports(SourceTree.sources) {
        guard let owner = boundaries[item.module] else { continue }
        #expect(item.file.module == owner, "\(item.file) imports \(item.module)")
    }
}

@Test func `a source file imports nothing of the system but its small parts`() {
    for item in imports(SourceTree.sources) where allowedImports[item.module] == nil && boundaries[item.module] == nil {
        #expect(systemModules.contains(item.module), "\(item.file) imports \(item.module)")
    }
}

@Test func `a pure module imports nothing`() {
    for item in imports(SourceTree.sources) where pureModules.contains(item.file.module) {
        #expect(Bool(false), "\(item.file) imports \(item.module)")
    }
}

@Test func `only the program knows which stores there are`() {
    for item in imports(SourceTree.sources) where ["StorageSQLite", "StoragePostgres"].contains(item.module) {
        #expect(item.file.module == "collector", "\(item.file) imports \(item.module)")
    }
}

@Test func `the package names the dependencies that the table allows`() throws {
    let package = try #require(SourceTree.all.first { $0.path == "Package.swift" })
    let pattern = #/\.(?:executableTarget|target)\(\s*name: "(\w+)"(?:,\s*dependencies: \[([^\]]*)\])?/#
    var named: [String: Set<String>] = [:]
    for match in package.lines.joined(separator: "\n").matches(of: pattern) where boundaries[String(match.1)] == nil {
        let dependencies = match.2 ?? ""
        named[String(match.1)] = Set(dependencies.matches(of: #/"(\w+)"/#).map { String($0.1) })
    }
    // What tests share is no part of the house.
    named["TestSupport"] = nil
    #expect(named == allowedImports)
}

@Test func `both engines have the same migrations`() {
    let names = SourceTree.files("Migrations/sqlite")
    #expect(!names.isEmpty)
    #expect(names.allSatisfy { $0.hasSuffix(".sql") })
    #expect(names == SourceTree.files("Migrations/postgres"))
}

@Test func `migrations are numbered from one without a gap`() {
    for (index, name) in SourceTree.files("Migrations/sqlite").enumerated() {
        #expect(Int(name.prefix(4)) == index + 1, "\(name)")
    }
}
