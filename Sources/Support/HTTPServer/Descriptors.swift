import Glibc

/// The process's limit of open files (`ulimit -n`), and what of it is left for connections.
package enum Descriptors {
    /// Descriptors for everything but connections.
    ///
    /// At most 46 have been seen: 3 standard streams, 6 of two event loops, 24 of SQLite's eight
    /// connections (database, write-ahead log and shared memory), its temporary files, 2 of Dispatch and those that it opens to look at its
    /// threads, or 8 of libpq's connections with the files that it reads for TLS and names.
    package static let reserved = 48
    /// Connections below which a server is of no use.
    package static let connectionsMin = 8

    /// Descriptors without which a server does not start.
    package static let needed = reserved + connectionsMin + refusedMin
    /// Connections over the limit that are answered 503 at one time where descriptors are few.
    static let refusedMin = 4

    static let connectionsOfOneLoop = 256

    /// Raises the limit as far as the connections need it and the hard limit allows.
    ///
    /// - Returns: how many may be open at a time from now on.
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
    /// Takes no more connections than a limit of open files leaves beside the reserve.
    ///
    /// - Returns: false when it leaves too few.
    package mutating func fit(descriptors: Int) -> Bool {
        let left = descriptors - Descriptors.reserved
        if left < Descriptors.connectionsMin + refusedConnectionsMax { refusedConnectionsMax = Descriptors.refusedMin }
        connectionsMax = min(connectionsMax, left - refusedConnectionsMax)
        // A loop closes idle connections of its own only; where there are few, one loop has them all.
        if connectionsMax < Descriptors.connectionsOfOneLoop { loops = 1 }
        return connectionsMax >= Descriptors.connectionsMin
    }
}
