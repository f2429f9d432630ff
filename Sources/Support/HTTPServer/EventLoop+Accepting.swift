import HTTPWire

/// Connections come.
extension EventLoop {
    /// Connections taken in one turn, so that the others are not kept waiting.
    private static let acceptsMax = 64
    /// Idle connections that are closed at one time in favor of new ones.
    private static let evictionsMax = 32

    /// Takes connections; whether more may be waiting.
    @discardableResult
    func accept() -> Bool {
        for _ in 0..<Self.acceptsMax {
            guard makeRoom() else {
                rest()
                return false
            }
            switch Socket.accept(listener) {
            case .nothing: return false
            case .exhausted:
                rest()
                return false
            case .connection(let socket, let peer): admit(socket, peer)
            }
        }
        return true
    }

    /// The listener rests until the next tick; a level-triggered poller would spin on it.
    private func rest() {
        guard isListening else { return }
        poller.remove(listener)
        isListening = false
    }

    /// Closes idle connections when there are too many.
    ///
    /// - Returns: whether one more may be taken, if only to be refused; false when an idle one can be closed soon.
    private func makeRoom() -> Bool {
        guard live.connections >= configuration.connectionsMax else { return true }
        let most = configuration.connectionsMax + configuration.refusedConnectionsMax
        guard live.connections < most else { return false }
        guard now >= nextEviction else { return true }
        let idle = slots.lazy.compactMap { $0 }.filter { $0.isIdle && $0.deadline != nil }
            .sorted { $0.deadline ?? 0 < $1.deadline ?? 0 }
        // The deadline of an idle connection is set when it becomes idle.
        let last = now + configuration.idleMilliseconds - configuration.evictableMilliseconds
        let evictionsMax = min(Self.evictionsMax, max(1, configuration.connectionsMax / 4))
        let longest = idle.prefix(evictionsMax).prefix { $0.deadline ?? 0 <= last }
        for connection in longest { drop(connection) }
        if idle.isEmpty { nextEviction = now + configuration.tickMilliseconds }
        return !longest.isEmpty || idle.isEmpty
    }

    private func admit(_ socket: Int32, _ peer: String) {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(nil) }
        lastSerial &+= 1
        let connection = Connection(socket: socket, slot: slot, serial: lastSerial & 0x7FFF_FFFF, peer: peer)
        slots[slot] = connection
        let total = live.increment()
        guard poller.add(socket, .reading, connection.token) else { return drop(connection) }
        connection.deadline = now + configuration.idleMilliseconds
        guard total <= configuration.connectionsMax else {
            refuse(connection, .tooManyConnections, head: nil, [UInt8]().span)
            return flush(connection)
        }
    }
}
