import Glibc

/// Zeroed memory from the system: pages that are never written use no memory and no time.
enum ZeroPages {
    static func map<Value: BitwiseCopyable>(_ count: Int) -> UnsafeMutablePointer<Value> {
        let (bytes, flags) = (bytes(count, Value.self), MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
        let memory = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        // Without memory the process ends, as it does where Swift allocates.
        precondition(unsafe memory != MAP_FAILED, "out of memory")
        return unsafe memory.unsafelyUnwrapped.bindMemory(to: Value.self, capacity: count)
    }

    /// `count` must be that of `map`.
    static func unmap<Value: BitwiseCopyable>(_ start: UnsafeMutablePointer<Value>, _ count: Int) {
        unsafe munmap(start, bytes(count, Value.self))
    }

    private static func bytes<Value: BitwiseCopyable>(_ count: Int, _: Value.Type) -> Int {
        max(1, count) * MemoryLayout<Value>.stride
    }
}
