import Dispatch
import Glibc
import HTTPServer

/// Resource limits of the process, and the server limits derived from them.
struct ProcessLimits {
    /// The limits are too low for the server to run.
    struct TooLow: Error, CustomStringConvertible {
        let description: String
    }

    /// Bytes of address space reserved for thread stacks, libraries, readers and the rollup worker.
    private static let addressReserveBytes = 192 << 20
    /// Bytes of address space above the reserve at which no limit is reduced.
    private static let addressPlentyBytes = 384 << 20

    /// Factor for memory limits, from 1/16 to 1, according to the available address space.
    let memoryShare: Double

    /// Raises the limit of open files and reduces the server's limits to the available descriptors and memory.
    ///
    /// Call before any thread is started and any file is opened.
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

    /// A limit in bytes, reduced in proportion to the available address space.
    func scaled(_ bytes: Int) -> Int { Int(Double(bytes) * memoryShare) }

    /// Makes Dispatch open its file descriptors now.
    ///
    /// Dispatch opens them at first use and aborts the process if that fails.
    static func prepareDispatch() {
        let timer = DispatchSemaphore(value: 0)
        DispatchQueue(label: "first-timer").asyncAfter(deadline: .now() + .milliseconds(1)) { timer.signal() }
        timer.wait()
    }
}
