import HTTPWire
import TLS

/// Accepting of connections.
extension EventLoop {
    /// The number of connections accepted in one iteration, so that other connections are not delayed.
    private static let acceptsMax = 64
    /// The number of idle connections closed at a time to make room for new ones.
    private static let evictionsMax = 32

    /// Accepts waiting connections.
    ///
    /// - Returns: Whether more connections may be waiting.
    @discardableResult
    func accept() -> Bool {
        for _ in 0..<Self.acceptsMax {
            guard makeRoom() else {
                pauseListening()
                return false
            }
            switch Socket.accept(listener) {
            case .nothing: return false
            case .exhausted:
                pauseListening()
                return false
            case .connection(let socket, let peer): admit(socket, peer)
            }
        }
        return true
    }

    /// Pauses the listener until the next tick.
    ///
    /// The level-triggered poller would report it continuously otherwise.
    private func pauseListening() {
        guard isListening else { return }
        poller.remove(listener)
        isListening = false
    }

    /// Closes idle connections when the limit is reached.
    ///
    /// - Returns: Whether a connection may be accepted, possibly to respond with 503; false when an
    ///   idle connection can be closed soon.
    private func makeRoom() -> Bool {
        guard live.connections >= configuration.connectionsMax else { return true }
        let acceptedMax = configuration.connectionsMax + configuration.refusedConnectionsMax
        guard live.connections < acceptedMax else { return false }
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
        let connection = Connection(
            socket: socket,
            session: configuration.certificate?.current.makeSession(socket: socket),
            slot: slot,
            serial: lastSerial & 0x7FFF_FFFF,
            peer: peer
        )
        slots[slot] = connection
        let total = live.increment()
        guard connection.session != nil || configuration.certificate == nil,
            poller.add(socket, .reading, connection.token)
        else { return drop(connection) }
        connection.deadline = now + configuration.idleMilliseconds
        guard total <= configuration.connectionsMax else {
            if connection.session != nil { return refuseLater(connection, .tooManyConnections) }
            refuse(connection, .tooManyConnections, head: nil, [UInt8]().span)
            return flush(connection)
        }
    }
}
