import Files
import Glibc

/// CPU time, memory and open files of the process, as the kernel reports them.
struct ProcessStatistics {
    /// User and system time of all threads, in seconds.
    let cpuSeconds: Double
    /// Nil when the kernel does not report them.
    let residentBytes: Int?
    let virtualBytes: Int?
    let openFiles: Int?
    let openFilesMax: Int?

    private static let statmBytesMax = 4096

    /// Reads the current values.
    ///
    /// Takes longer with many open files; do not call it on an event loop.
    init() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        cpuSeconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
        // Sizes in pages: all, then resident.
        let statm = SmallFile.regular("/proc/self/statm", bytesMax: Self.statmBytesMax) ?? []
        let pages = String(decoding: statm, as: UTF8.self).split(separator: " ").prefix(2).map { Int($0) }
        let page = sysconf(Int32(_SC_PAGESIZE))
        virtualBytes = pages.first.flatMap { $0 }.map { $0 * page }
        residentBytes = pages.last.flatMap { $0 }.map { $0 * page }
        openFiles = Self.countOpenFiles()
        var limit = rlimit()
        openFilesMax =
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Int(clamping: limit.rlim_cur) : nil
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
    }

    private static func countOpenFiles() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Without ".", ".." and the folder itself.
        return count - 3
    }
}
