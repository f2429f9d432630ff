import Locks

/// A limit on the number of things that exist at the same time.
final class Slots: Sendable {
    private let left: Locked<Int>

    init(max: Int) { left = Locked(max) }

    /// - Returns: false when all slots are taken.
    func take() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }

    func give() { left.withLock { $0 += 1 } }
}
