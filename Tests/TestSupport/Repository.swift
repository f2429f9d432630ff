import Foundation
package import Storage

/// What tests read of the repository that they belong to.
package enum Repository {
    /// The migrations in a folder of `Migrations`, in their order.
    package static func migrations(_ folder: String) throws -> [Migration] {
        let url = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Migrations").appendingPathComponent(folder)
        return try FileManager.default.contentsOfDirectory(atPath: url.path).sorted().map { file in
            let sql = try String(contentsOf: url.appendingPathComponent(file), encoding: .utf8)
            return Migration(name: String(file.dropLast(4)), sql: sql)
        }
    }
}
