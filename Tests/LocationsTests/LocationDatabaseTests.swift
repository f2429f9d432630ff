import Glibc
import Locations
import Log
import MaxMind
import Testing

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
}
