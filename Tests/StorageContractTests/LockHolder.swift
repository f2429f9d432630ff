import SQLite

/// Another program's connection that has begun to write and does not end.
final class LockHolder {
    private let connection: Connection

    init(path: String) throws {
        connection = try Connection(path: path, busyMilliseconds: 10_000)
        try connection.execute("begin immediate")
    }

    func release() {
        // The connection is given up right after; then the lock is gone in any case.
        try? connection.execute("rollback")
    }
}
