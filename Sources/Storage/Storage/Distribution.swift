/// The result of distributing the tables of a database over several servers.
package enum Distribution: Equatable, Sendable {
    /// The tables were distributed before.
    case existing(shards: Int)
    /// The tables are distributed over the shards of these servers.
    case made(shards: Int, servers: Int)
    /// The keys allow a distribution, but the extension that distributes is not installed (nil), or has no servers
    /// with shards (0).
    case keysOnly(servers: Int?)

    /// The number of shards, unless the operator chooses another one.
    package static let shardsByDefault = 16
    package static let shardsMax = 1024
}

extension Store {
    package func distribute(shards: Int, step: (String) -> Void) throws(StoreError) -> Distribution {
        throw .unavailable(reason: "only a PostgreSQL database can be distributed: set DB_URL")
    }
}
