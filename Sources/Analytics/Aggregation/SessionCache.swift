package import Segments

/// A session with what the worker must know to write it once more.
package struct CachedSession {
    package var state: SessionState
    package let key: UInt64
    package var visitor: UInt32?
    /// Nil before it was written.
    package var isWritten = false
    /// Whether its row is no longer the one that was written.
    package var hasChanged = false
    /// Times of the row that was written: its first and last page view or event.
    package var first: Int64 = .max
    package var last: Int64 = .min

    /// One that has not been written.
    package init(_ state: SessionState, key: UInt64) { (self.state, self.key) = (state, key) }

    package mutating func note(_ row: SessionRow) {
        (isWritten, hasChanged) = (true, false)
        let times = row.pageViews.map(\.time) + row.events.map(\.time)
        (first, last) = (times.min() ?? 0, times.max() ?? 0)
    }
}

/// Sessions that were written lately, within limits; those that were not touched for long go first.
package struct SessionCache {
    static let sessionsMax = 20_000
    static let bytesMax = 64 << 20

    private var young: [SessionID: (session: CachedSession, size: Int)] = [:]
    private var old: [SessionID: (session: CachedSession, size: Int)] = [:]
    /// Of the young ones.
    private var bytes = 0

    package init() {}

    /// Takes a session out, so that a change of it makes no copy and a change that fails leaves nothing.
    package mutating func take(_ id: SessionID) -> CachedSession? {
        guard let taken = young.removeValue(forKey: id) else { return old.removeValue(forKey: id)?.session }
        bytes -= taken.size
        return taken.session
    }

    package mutating func put(_ id: SessionID, _ session: CachedSession) {
        let size = session.state.size
        bytes += size - (young[id]?.size ?? 0)
        young[id] = (session, size)
        guard young.count >= Self.sessionsMax / 2 || bytes >= Self.bytesMax / 2 else { return }
        (old, young, bytes) = (young, [:], 0)
    }

    package mutating func removeAll() { (young, old, bytes) = ([:], [:], 0) }
}
