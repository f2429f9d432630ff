import Locks

/// A number of things that may be there at one time.
final class Slots: Sendable {
    private let left: Locked<Int>

    init(max: Int) { left = Locked(max) }

    /// - Returns: false when all are there already.
    func take() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }

    func give() { left.withLock { $0 += 1 } }
}
