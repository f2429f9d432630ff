import Files
import Glibc
import TestSupport
import Testing

@Suite struct SmallFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func path(_ text: String) throws -> String {
        let path = folder.file("file")
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
        return path
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 200_000])
    func `a file is read to its end, up to the limit`(count: Int) throws {
        let text = String(repeating: "x", count: count)
        let path = try path(text)
        #expect(SmallFile.regular(path, bytesMax: count) == Array(text.utf8))
        if count > 0 { #expect(SmallFile.regular(path, bytesMax: count - 1) == nil) }
    }

    @Test func `the error of a larger file is EFBIG, that of a missing one ENOENT`() throws {
        let path = try path("four")
        #expect(throws: FileError(path: path, code: EFBIG)) { try SmallFile(path).bytes(max: 3).count }
        let missing = folder.file("missing")
        #expect(throws: FileError(path: missing, code: ENOENT)) { try SmallFile(missing).bytes(max: 3).count }
    }

    @Test func `folders and pipes are not regular files, and neither blocks`() throws {
        #expect(SmallFile.regular(folder.file(""), bytesMax: 10) == nil)
        let pipe = folder.file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(SmallFile.regular(pipe, bytesMax: 10) == nil)
        let file = try SmallFile(pipe)
        let isRegular = file.isRegular
        #expect(!isRegular)
    }
}
