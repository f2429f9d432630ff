package import Segments

/// A cached session and the metadata needed to replace its row.
package struct CachedSession {
    package var state: SessionState
    package let key: UInt64
    /// The visitor's number; nil before it has been assigned.
    package var visitor: UInt32?
    /// Whether a row has been written.
    package var isWritten = false
    /// Whether the session has changed since its row was written.
    package var hasChanged = false
    /// Whether retention has removed the session's events: it takes no others, and its row stays as it is.
    package var isRemoved = false
    /// Times of the first and last page view or event of the written row, in seconds since 1970.
    package var first: Int64 = .max
    package var last: Int64 = .min

    /// Creates an entry without a written row.
    package init(_ state: SessionState, key: UInt64) { (self.state, self.key) = (state, key) }

    /// Whether its row differs from the written one.
    package var needsWriting: Bool { !isRemoved && (hasChanged || !isWritten) }

    /// The session's row; its visitor is 0 before the visitor has a number.
    package func row() -> SessionRow { state.row(key: key, visitor: visitor ?? 0) }

    /// Records that this row has been written.
    package mutating func note(_ row: SessionRow) {
        (isWritten, hasChanged) = (true, false)
        let times = row.pageViews.map(\.time) + row.events.map(\.time)
        (first, last) = (times.min() ?? 0, times.max() ?? 0)
    }
}

/// Cache of recently written sessions, limited in number and memory; sessions not used recently are evicted first.
package struct SessionCache {
    static let sessionsMax = 20_000
    static let bytesMax = 64 << 20

    private var young: [SessionID: (session: CachedSession, size: Int)] = [:]
    private var old: [SessionID: (session: CachedSession, size: Int)] = [:]
    /// Size of the `young` sessions in bytes.
    private var bytes = 0

    package init() {}

    /// Removes and returns a session: changing it copies nothing, and a failed change leaves no partial state.
    package mutating func take(_ id: SessionID) -> CachedSession? {
        guard let taken = young.removeValue(forKey: id) else { return old.removeValue(forKey: id)?.session }
        bytes -= taken.size
        return taken.session
    }

    /// Stores a session as the most recently used one; may evict others.
    package mutating func put(_ id: SessionID, _ session: CachedSession) {
        let size = session.state.size
        bytes += size - (young[id]?.size ?? 0)
        young[id] = (session, size)
        guard young.count >= Self.sessionsMax / 2 || bytes >= Self.bytesMax / 2 else { return }
        (old, young, bytes) = (young, [:], 0)
    }

    package mutating func removeAll() { (young, old, bytes) = ([:], [:], 0) }
}
