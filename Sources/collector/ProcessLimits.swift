import Dispatch
import Glibc
import HTTPServer

/// What the system lets the process have, and what follows from it for the server.
struct ProcessLimits {
    /// Too little for the server to work.
    struct TooLow: Error, CustomStringConvertible {
        let description: String
    }


    /// Raises the limit of open files and fits the server's limits to it, and to the limit of memory.
    ///
    /// Before any thread and any file.
    static func apply(to server: inout ServerConfiguration) throws(TooLow) {
        let descriptors = Descriptors.raiseLimit(connections: server.connectionsMax + server.refusedConnectionsMax)
        guard server.fit(descriptors: descriptors) else {
            let needed = Descriptors.needed
            throw TooLow(description: "the limit of open files (ulimit -n) is \(descriptors); at least \(needed) are needed")
        }
    }

    /// Makes Dispatch open now what it opens at first use: it ends the process when it cannot do so later.
    static func prepareDispatch() {
        let timer = DispatchSemaphore(value: 0)
        DispatchQueue(label: "first-timer").asyncAfter(deadline: .now() + .milliseconds(1)) { timer.signal() }
        timer.wait()
    }
}
