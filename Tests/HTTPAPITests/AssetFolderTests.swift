import Assets
import Foundation
import TestSupport
import Testing

@testable import HTTPAPI

@Suite struct AssetFolderTests {
    private let files: TemporaryFolder

    init() throws {
        files = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: files.file("dist/static"), withIntermediateDirectories: true)
        try write("secret.txt", "secret")
        try write("dist/page.html", "<p>first")
        try write("dist/unnamed.js", "1")
        try write("dist/static/app.0a.js", "2")
        try name("page.html\ttext/html; charset=utf-8", "static/app.0a.js\ttext/javascript; charset=utf-8")
    }

    private func write(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: files.file(path)))
    }

    /// Writes the manifest.
    private func name(_ lines: String...) throws { try write("dist/assets.tsv", lines.joined(separator: "\n") + "\n") }

    private func folder() throws -> AssetFolder { try #require(AssetFolder(files.file("dist"))) }

    @Test func `a file has its type from the manifest, and its entity tag follows its bytes`() throws {
        let folder = try folder()
        let first = try #require(folder.asset("page.html"))
        #expect(first.contentType == "text/html; charset=utf-8" && first.bytes == Array("<p>first".utf8))
        #expect(!first.isImmutable && first.gzip.isEmpty && first.brotli.isEmpty)
        #expect(folder.asset("page.html")?.entityTag == first.entityTag)
        try write("dist/page.html", "<p>second")
        let second = try #require(folder.asset("page.html"))
        #expect(second.bytes == Array("<p>second".utf8) && second.entityTag != first.entityTag)
    }

    @Test func `a name that an edit changed is found under the new one alone`() throws {
        let folder = try folder()
        #expect(folder.asset("static/app.0a.js") != nil)
        try write("dist/static/app.0b.js", "3")
        try name("static/app.0b.js\ttext/javascript; charset=utf-8")
        #expect(folder.asset("static/app.0b.js") != nil)
        #expect(folder.asset("static/app.0a.js") == nil)
    }

    @Test func `no file is served that the manifest does not name`() throws {
        let folder = try folder()
        let others = [
            "unnamed.js", "assets.tsv", "", ".", "static", "../secret.txt", "static/../page.html", "/page.html",
        ]
        for path in others { #expect(folder.asset(path) == nil, "\(path)") }
    }

    @Test(arguments: ["../secret.txt", "static/../../secret.txt", "/etc/passwd", "./page.html", "static//app.0a.js"])
    func `a manifest cannot name a file outside of the folder`(path: String) throws {
        try name("\(path)\ttext/plain", "page.html\ttext/html")
        let folder = try folder()
        #expect(folder.asset(path) == nil)
        #expect(folder.asset("page.html") != nil)
    }

    @Test func `a folder, a pipe and a missing file are no files`() throws {
        mkfifo(files.file("dist/pipe.js"), 0o600)
        try name("static\ttext/plain", "pipe.js\ttext/javascript", "gone.js\ttext/javascript")
        let folder = try folder()
        for path in ["static", "pipe.js", "gone.js"] { #expect(folder.asset(path) == nil, "\(path)") }
    }

    @Test func `a folder that scripts/build-web has not written is refused`() {
        #expect(AssetFolder(files.file("")) == nil)
        #expect(AssetFolder(files.file("nowhere")) == nil)
    }
}
