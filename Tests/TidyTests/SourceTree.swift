import Foundation

/// A text file of the repository.
struct SourceFile: Sendable, CustomStringConvertible {
    /// From the repository's root.
    let path: String
    let lines: [Substring]

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
    /// The module of a file below `Sources`, where each floor has a folder for each of its modules.
    var module: String { path.split(separator: "/").dropFirst(2).first.map(String.init) ?? "" }
    var description: String { path }

    enum Language { case swift, javaScript, python, other }

    var language: Language {
        if path.hasSuffix(".swift") { return .swift }
        if path.hasSuffix(".js") { return .javaScript }
        let isPython = path.hasSuffix(".py") || lines.first?.contains(#/^#!.*python3/#) == true
        return isPython ? .python : .other
    }

    /// Numbers and texts of the lines that hold a match.
    func lines(matching pattern: some RegexComponent) -> [String] {
        lines.enumerated().filter { $0.element.contains(pattern) }.map { "\(path):\($0.offset + 1): \($0.element)" }
    }
}

/// The files that people write, read from the folder that this file stands in.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let folders = [
        "Sources", "Tests", "Web", "Migrations", "Benchmarks", "Fuzz", "scripts", "docs", ".ci",
    ]
    private static let ignoredFolders: Set<String> = [
        "generated", "dist", "__pycache__", "screenshots", ".pytest_cache", "corpus",
    ]
    private static let binarySuffixes: Set<String> = ["png", "ico", "woff2", "bin", "pyc"]

    static let all: [SourceFile] = {
        var paths = folders.flatMap(paths(below:))
        paths += files("").filter { !$0.hasPrefix(".") || $0 == ".env.example" || $0 == ".pre-commit-config.yaml" }
        return paths.sorted().compactMap(read)
    }()

    static let swift = all.filter { $0.path.hasSuffix(".swift") }
    static let sources = swift.filter { $0.path.hasPrefix("Sources/") }
    static let web = all.filter { $0.path.hasPrefix("Web/") }

    /// Names of the folders directly below a folder.
    static func subfolders(_ folder: String) -> [String] {
        names(folder).filter { isFolder(folder + "/" + $0) }
    }

    /// Names of the files directly in a folder.
    static func files(_ folder: String) -> [String] {
        names(folder).filter { !isFolder(folder + "/" + $0) }
    }

    private static func names(_ folder: String) -> [String] {
        // A folder that cannot be read has no names; then the test that counts files fails.
        ((try? FileManager.default.contentsOfDirectory(atPath: root.path + "/" + folder)) ?? []).sorted()
    }

    private static func paths(below folder: String) -> [String] {
        files(folder).map { folder + "/" + $0 }
            + subfolders(folder).filter { !ignoredFolders.contains($0) }.flatMap { paths(below: folder + "/" + $0) }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: root.path + "/" + path, isDirectory: &isFolder)
            && isFolder.boolValue
    }

    private static func read(_ path: String) -> SourceFile? {
        guard !binarySuffixes.contains(path.split(separator: ".").last.map(String.init) ?? ""), !isFolder(path),
            let data = FileManager.default.contents(atPath: root.path + "/" + path),
            let text = String(bytes: data, encoding: .utf8)
        else {
            return nil
        }
        return SourceFile(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
}
