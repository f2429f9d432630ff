import Dispatch
import Glibc
import HTTPServer

/// What the system lets the process have, and what follows from it for the server.
struct ProcessLimits {
    /// Too little for the server to work.
    struct TooLow: Error, CustomStringConvertible {
        let description: String
    }

    /// Bytes of address space for threads, libraries, and what reads for the owner and keeps the rollups.
    private static let addressReserveBytes = 192 << 20
    /// Bytes of address space beside that, from which on no limit is lowered.
    private static let addressPlentyBytes = 384 << 20

    /// The share of the limits of memory that the address space allows, up to 1.
    let memoryShare: Double

    /// Raises the limit of open files and fits the server's limits to it, and to the limit of memory.
    ///
    /// Before any thread and any file.
    init(_ server: inout ServerConfiguration) throws(TooLow) {
        Memory.boundHeap()
        let left = Memory.addressBytesLeft ?? .max
        let share = Double(left - Self.addressReserveBytes) / Double(Self.addressPlentyBytes)
        memoryShare = min(1, max(1 / 16, share))
        server.heldBytesMax = scaled(server.heldBytesMax)
        let descriptors = Descriptors.raiseLimit(connections: server.connectionsMax + server.refusedConnectionsMax)
        guard server.fit(descriptors: descriptors) else {
            let needed = Descriptors.needed
            throw TooLow(
                description: "the limit of open files (ulimit -n) is \(descriptors); at least \(needed) are needed"
            )
        }
    }

    /// A limit of bytes as far as the address space allows it.
    func scaled(_ bytes: Int) -> Int { Int(Double(bytes) * memoryShare) }

    /// Makes Dispatch open now what it opens at first use: it ends the process when it cannot do so later.
    static func prepareDispatch() {
        let timer = DispatchSemaphore(value: 0)
        DispatchQueue(label: "first-timer").asyncAfter(deadline: .now() + .milliseconds(1)) { timer.signal() }
        timer.wait()
    }
}
