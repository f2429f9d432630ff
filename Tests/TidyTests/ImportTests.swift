import Testing

/// The floors of Sources, from the ground up; a module imports modules of its own floor and of those below.
private let floors = ["C", "Support", "Domain", "Storage", "Ingest", "Analytics", "API", "App"]

/// Which modules may import which: the arrows of docs/architecture.md.
///
/// The package manager does not hold them in a warm build folder.
private let allowedImports: [String: Set<String>] = [
    // Support
    "Assets": ["CAssets"],
    "Compression": ["CBrotli", "CZlib"],
    "Crypto": ["CCrypto"],
    "Files": [],
    "HTML": ["CHTML"],
    "HTTPClient": ["CCurl"],
    "HTTPServer": ["CNet", "HTTPWire", "Locks", "TLS", "Workers"],
    "HTTPWire": [],
    "JSON": [],
    "Locks": [],
    "Log": [],
    "MaxMind": ["CMaxMind"],
    "Numbers": [],
    "Patterns": ["CPCRE2"],
    "Postgres": ["CPostgres"],
    "SQLite": ["CSQLite"],
    "TLS": ["CTLS", "Files", "Locks", "Log", "Workers"],
    "Texts": [],
    "Workers": [],
    // Domain
    "Events": ["Crypto", "JSON"],
    "Locations": ["Events", "Files", "Locks", "Log", "MaxMind"],
    "TimeZones": ["Assets", "Events", "Files", "Locks"],
    "Channels": ["Assets"],
    "UserAgents": ["Assets", "Locks", "Patterns", "Texts"],
    // Storage
    "Storage": ["Crypto", "Events", "Locks", "Texts"],
    "StoragePostgres": ["Events", "Postgres", "Storage"],
    "StorageSQLite": ["Crypto", "Events", "Locks", "SQLite", "Storage"],
    // Ingest
    "Ingest": ["Events", "Locks", "Log", "Storage", "Workers"],
    // Analytics
    "Segments": ["Locks", "Texts"],
    "Aggregation": [
        "Channels", "Crypto", "Events", "JSON", "Numbers", "Segments", "Texts", "TimeZones", "UserAgents",
    ],
    "Rollups": [
        "Aggregation", "Crypto", "Events", "Locks", "Log", "Numbers", "Segments", "Storage", "Texts", "Workers",
    ],
    "Reports": [
        "Aggregation", "Crypto", "Events", "Locks", "Numbers", "Rollups", "Segments", "Storage",
        "Texts", "TimeZones", "UserAgents",
    ],
    "DemoData": ["Events", "Numbers", "Storage"],
    "Archive": [
        "Compression", "Crypto", "Events", "Files", "JSON", "Locks", "Log", "Rollups", "Storage", "Texts", "Workers",
    ],
    "Imports": ["Compression", "Crypto", "Events", "Files", "JSON", "Storage"],
    "Alerts": [
        "Crypto", "Events", "HTTPClient", "Locks", "Log", "Reports", "Rollups", "Segments", "Storage", "Texts",
        "TimeZones", "Workers",
    ],
    "Erasure": ["Events", "Log", "Rollups", "Storage", "Texts", "Workers"],
    // API
    "Live": ["Aggregation", "HTTPServer", "Locks", "Log", "Reports", "Storage", "Workers"],
    "HTTPAPI": [
        "Aggregation", "Alerts", "Assets", "Compression", "Crypto", "Erasure", "Events", "Files", "HTTPClient",
        "HTTPServer", "HTTPWire",
        "Ingest", "JSON", "Live", "Locations", "Locks", "Log", "Numbers", "Reports", "Rollups", "Segments",
        "Storage", "TLS", "Texts", "TimeZones", "UserAgents", "Workers",
    ],
    // App
    "collector": [
        "Alerts", "Archive", "Assets", "Crypto", "DemoData", "Erasure", "Events", "Files", "HTML", "HTTPAPI",
        "HTTPClient", "HTTPServer", "Imports",
        "Ingest", "Live", "Locations", "Locks", "Log", "MaxMind", "Numbers", "Reports", "Rollups", "Storage",
        "StoragePostgres",
        "StorageSQLite",
        "TLS",
        "Texts",
        "Workers",
    ],
]

/// Modules of C, each with the one module that may import it.
private let boundaries = [
    "CAssets": "Assets", "CBrotli": "Compression", "CCrypto": "Crypto", "CCurl": "HTTPClient", "CHTML": "HTML",
    "CMaxMind": "MaxMind", "CNet": "HTTPServer", "CPCRE2": "Patterns",
    "CPostgres": "Postgres",
    "CSQLite": "SQLite", "CTLS": "TLS", "CZlib": "Compression",
]

/// What the toolchain brings; the whole of Foundation is not among it.
private let systemModules: Set<String> = ["Glibc", "Dispatch", "Synchronization", "FoundationEssentials"]

/// Modules that must not know the world: no clock, no files, no threads.
private let pureModules: Set<String> = ["HTTPWire", "JSON"]

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
    let modules = floors.flatMap { SourceTree.subfolders("Sources/\($0)") }
    #expect(Set(modules) == Set(allowedImports.keys).union(boundaries.keys))
    #expect(SourceTree.subfolders("Sources") == floors.sorted())
}

@Test func `no module imports one of a floor above its own`() {
    var floorOfModule: [String: Int] = [:]
    for (index, floor) in floors.enumerated() {
        for module in SourceTree.subfolders("Sources/\(floor)") { floorOfModule[module] = index }
    }
    for (module, imported) in allowedImports {
        for other in imported {
            #expect((floorOfModule[other] ?? 0) <= (floorOfModule[module] ?? 0), "\(module) imports \(other)")
        }
    }
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

/// Which folders of `Web` may import which, besides themselves.
private let allowedWebImports: [String: Set<String>] = [
    "kit": [],
    "signals": ["kit"],
    "tracker": ["kit", "signals"],
    "visitor": ["kit", "signals", "tracker"],
    "owner": ["kit"],
    "privacy": ["kit"],
    "demo": [],
]

@Test func `every folder of the pages is in the table of imports`() {
    #expect(Set(SourceTree.subfolders("Web")) == Set(allowedWebImports.keys))
}

@Test func `a page imports only from the folders that the table allows`() {
    // Types in comments count, too.
    let pattern = #/(?:\bfrom |\bimport\(|^import )"(\.[^"]+)"/#
    for file in SourceTree.web where file.path.hasSuffix(".js") {
        let folder = file.path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        for path in file.lines.flatMap({ $0.matches(of: pattern).map(\.1) }) {
            let imported = webFolder(of: path, importedIn: file)
            let isAllowed = imported == folder || allowedWebImports[folder]?.contains(imported) == true
            #expect(isAllowed, "\(file) imports \(path)")
        }
    }
}

/// The folder of `Web` that a relative path of an import leads to.
private func webFolder(of path: Substring, importedIn file: SourceFile) -> String {
    var parts = file.folder.split(separator: "/")
    for part in path.split(separator: "/") where part != "." {
        if part == ".." { parts.removeLast() } else { parts.append(part) }
    }
    return parts.count > 1 ? String(parts[1]) : ""
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
