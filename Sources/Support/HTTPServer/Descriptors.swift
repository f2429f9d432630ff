import Glibc

/// The limit of open files (`ulimit -n`) and the part of it that is available for connections.
package enum Descriptors {
    /// Descriptors reserved for everything except connections.
    ///
    /// The highest number measured was 46: 3 standard streams, 6 of two event loops, 24 of eight
    /// SQLite connections (database, write-ahead log and shared memory), temporary files of SQLite,
    /// 2 of Dispatch and those it opens to inspect its threads; or 8 of libpq connections and the
    /// files that libpq reads for TLS and name resolution.
    package static let reserved = 48
    /// The minimum number of connections for a useful server.
    package static let connectionsMin = 8

    /// The minimum number of descriptors that the server requires to start.
    package static let needed = reserved + connectionsMin + refusedMin
    /// The number of connections above the limit that receive a 503 when descriptors are scarce.
    static let refusedMin = 4

    /// Below this number of connections, the server uses one event loop.
    static let singleLoopConnectionsMax = 256

    /// Raises the soft limit as far as the connections require and the hard limit allows.
    ///
    /// - Returns: The resulting limit; 0 if it cannot be read.
    package static func raiseLimit(connections: Int) -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        let wanted = rlim_t(connections + reserved)
        if limit.rlim_cur < wanted, limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = min(wanted, limit.rlim_max)
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}

extension ServerConfiguration {
    /// Reduces `connectionsMax` to what a limit of open files allows after subtracting the reserve.
    ///
    /// - Returns: False when too few descriptors are left to serve.
    package mutating func fit(descriptors: Int) -> Bool {
        let left = descriptors - Descriptors.reserved
        if left < Descriptors.connectionsMin + refusedConnectionsMax { refusedConnectionsMax = Descriptors.refusedMin }
        connectionsMax = min(connectionsMax, left - refusedConnectionsMax)
        // A loop can only close its own idle connections. With few connections, one loop owns them all.
        if connectionsMax < Descriptors.singleLoopConnectionsMax { loops = 1 }
        return connectionsMax >= Descriptors.connectionsMin
    }
}
