import Events
import Reports
import Storage

/// Adds changes by commands to the audit log.
enum CommandAudit {
    /// Adds a change of an object by its id; a failure is shown and does not stop the command.
    static func write(_ command: String, object: String? = nil, _ database: any Database) {
        let entry = AuditEntry(at: WallClock.seconds, actor: .command(name: command), action: command, object: object)
        do throws(StoreError) {
            try AuditLog(database).add(entry)
        } catch {
            Console.error("collector: warning: this is not in the audit log: \(error.reason)")
        }
    }
}
