import CNet
import Glibc

/// The process's memory: how malloc keeps it, and the limit of its address space (`ulimit -v`).
package enum Memory {
    /// Arenas of malloc.
    ///
    /// Each reserves 64 MiB of address space; by default there may be eight for each processor.
    private static let arenasMax: Int32 = 4
    /// Bytes of a piece of memory that malloc gives back as soon as it is freed.
    private static let mappedBytesMin: Int32 = 1 << 20

    /// Before any other thread.
    package static func boundHeap() { cnet_bound_heap(arenasMax, mappedBytesMin) }

    /// Bytes of address space that the process may still take; nil without a limit.
    package static var addressBytesLeft: Int? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
            limit.rlim_cur < rlim_t(Int.max)
        else { return nil }
        return max(0, Int(limit.rlim_cur) - addressBytes)
    }

    /// Bytes of address space that are taken.
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
