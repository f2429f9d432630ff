import CNet
import Glibc

/// Memory limits of the process: malloc settings and the address space limit (`ulimit -v`).
package enum Memory {
    /// The maximum number of malloc arenas.
    ///
    /// Each arena reserves 64 MiB of address space. The default is eight arenas for each processor.
    private static let arenasMax: Int32 = 4
    /// The size in bytes from which malloc uses a separate mapping, which is returned to the system
    /// when it is freed.
    private static let mappedBytesMin: Int32 = 1 << 20

    /// Limits the heap.
    ///
    /// Must be called before other threads are started.
    package static func boundHeap() { cnet_bound_heap(arenasMax, mappedBytesMin) }

    /// Bytes of address space that the process may still allocate; nil without a limit.
    package static var addressBytesLeft: Int? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
            limit.rlim_cur < rlim_t(Int.max)
        else { return nil }
        return max(0, Int(limit.rlim_cur) - addressBytes)
    }

    /// Bytes of address space in use; 0 if it cannot be read from `/proc/self/statm`.
    private static var addressBytes: Int {
        let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = unsafe read(file, &text, text.count)
        let pages = String(decoding: text.prefix(max(0, count)).prefix { $0 != 0x20 }, as: UTF8.self)
        return (Int(pages) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
