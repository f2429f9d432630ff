import Dispatch
import Locks
import Storage

/// Reads and parses events on a second thread, while its owner aggregates those before them.
///
/// The order of the events is that of the database, so figures do not depend on it. Only the thread of the owner calls
/// `next` and `stop`.
final class ReadAhead: Sendable {
    /// The most chunks in memory: about as many as are read while a portion is written.
    static let chunksMax = 8

    private struct State {
        var chunks: [Result<EventChunk, StoreError>] = []
        var isStopping = false
    }

    /// Only the second thread uses it.
    private let database: any Database
    private let through: Int64
    private let state = Locked(State())
    /// Signaled for each chunk that may be read, for each one that was read, and when the thread ends.
    private let room = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts to read events with ids in `(after, through]`; `database` is a connection for this alone.
    init(_ database: any Database, after: Int64, through: Int64) {
        (self.database, self.through) = (database, through)
        for _ in 0..<Self.chunksMax { room.signal() }
        DispatchQueue(label: "read-ahead").async { [self] in run(after) }
    }

    /// The next chunk; call only while the last one has no end.
    ///
    /// Blocks until it has been read.
    func next() throws(StoreError) -> EventChunk {
        filled.wait()
        let chunk = state.withLock { $0.chunks.removeFirst() }
        room.signal()
        return try chunk.get()
    }

    /// Ends the thread; blocks until it has read its current chunk.
    func stop() {
        state.withLock { $0.isStopping = true }
        room.signal()
        ended.wait()
    }

    private func run(_ first: Int64) {
        var after: Int64? = first
        while let start = after {
            room.wait()
            guard !state.withLock({ $0.isStopping }) else { break }
            let chunk = Self.read(database, after: start, through: through)
            after = nil
            if case .success(let chunk) = chunk, chunk.end == nil { after = chunk.next(after: start) }
            state.withLock { $0.chunks.append(chunk) }
            filled.signal()
        }
        ended.signal()
    }

    private static func read(
        _ database: any Database,
        after: Int64,
        through: Int64
    ) -> Result<EventChunk, StoreError> {
        do throws(StoreError) {
            let limit = Int(Rollups.readMax)
            return .success(try EventChunk(database, after: after, through: through, limit: limit, parses: true))
        } catch {
            return .failure(error)
        }
    }
}
