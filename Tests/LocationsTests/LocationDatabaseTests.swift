import Files
import Glibc
import Log
import MaxMind
import Testing

@testable import Locations

@Suite struct LocationDatabaseTests {
    private let log = Log(level: .error, format: .logfmt)

    @Test func `a missing file and one of another format are errors with a reason`() throws {
        #expect(throws: MaxMindError.self) {
            try LocationDatabase(path: "/nonexistent/geo.mmdb", folder: "/tmp", log: log)
        }
        var name = Array("/tmp/geo-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let text = Array("no database".utf8)
        #expect(write(descriptor, text, text.count) == text.count)
        close(descriptor)
        #expect(throws: MaxMindError.self) { try LocationDatabase(path: path, folder: "/tmp", log: log) }
    }

    @Test func `a missing file may be there later, and one of another format stays damaged`() throws {
        let missing = #expect(throws: MaxMindError.self) {
            try LocationDatabase(path: "/nonexistent/geo.mmdb", folder: "/tmp", log: log)
        }
        #expect(missing?.isTemporary == true)
        let damaged = #expect(throws: MaxMindError.self) {
            try LocationDatabase(path: "/etc/passwd", folder: "/tmp", log: log)
        }
        #expect(damaged?.isTemporary == false)
    }

    @Test func `another version is loaded at once, and the same one after its delay if at all`() throws {
        let version = try #require(FileVersion("/etc/passwd"))
        let loaded = LoadAttempt(version: version)
        #expect(!loaded.isOutdated(by: version, now: .max))
        #expect(loaded.isOutdated(by: FileVersion("/etc/hostname"), now: 0) && loaded.isOutdated(by: nil, now: 0))
        let failed = LoadAttempt(version: version, retryAt: 60)
        #expect(!failed.isOutdated(by: version, now: 59) && failed.isOutdated(by: version, now: 60))
    }

    @Test func `a file whose content was replaced has another version, even with the same size and time`() throws {
        var name = Array("/tmp/geo-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            close(descriptor)
            unlink(path)
        }
        let times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        #expect(futimens(descriptor, times) == 0)
        let first = FileVersion(path)
        // The time of a change has the resolution of the kernel's clock.
        var second = first
        for _ in 0..<1_000_000 where second == first {
            #expect(futimens(descriptor, times) == 0)
            second = FileVersion(path)
        }
        #expect(first != nil && second != first)
    }
}
