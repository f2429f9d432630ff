package import Foundation
package import Storage

/// Files of the repository that tests read.
package enum Repository {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The bytes of a file, by its path in the repository.
    package static func file(_ path: String) throws -> Data { try Data(contentsOf: root.appendingPathComponent(path)) }

    /// The Swift files directly in a folder, as paths in the repository.
    package static func sources(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path).sorted()
            .filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }
    }

    /// The migrations in a folder of `Migrations`, in their order.
    package static func migrations(_ folder: String) throws -> [Migration] {
        let url = root.appendingPathComponent("Migrations").appendingPathComponent(folder)
        return try FileManager.default.contentsOfDirectory(atPath: url.path).sorted().map { file in
            let sql = try String(contentsOf: url.appendingPathComponent(file), encoding: .utf8)
            return Migration(name: String(file.dropLast(4)), sql: sql)
        }
    }
}
