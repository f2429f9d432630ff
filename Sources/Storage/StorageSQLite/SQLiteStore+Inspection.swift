import Glibc
import SQLite
package import Storage

extension SQLiteStore {
    package func inspect() throws(StoreError) -> StoreInspection {
        let connection = try open()
        let version = try guarded { () throws(SQLiteError) in try connection.rows("select sqlite_version()")[0][0] }
        // The file of the log is created beside that of the database.
        let missing = [(path, "the file"), (folder, "its folder")].filter { path, _ in access(path, W_OK) != 0 }
        return StoreInspection(system: "SQLite \(version ?? "")", missingRights: missing.map { "write to \($0.1)" })
    }
}
