import CNet
import Glibc

/// A readiness event of a file descriptor.
struct ReadinessEvent {
    let token: UInt64
    let isReadable: Bool
    let isWritable: Bool
    /// Whether the peer reset the connection, or both sides closed it.
    let isGone: Bool
}

/// The kind of readiness to wait for.
///
/// Hang-ups and errors are always reported.
enum Interest {
    case reading
    case writing
    case nothing

    var bits: UInt32 {
        switch self {
        case .reading: UInt32(CNET_READABLE)
        case .writing: UInt32(CNET_WRITABLE)
        case .nothing: 0
        }
    }
}

/// A level-triggered epoll instance.
struct Poller: ~Copyable {
    /// The number of events returned by one call of `wait`.
    static let eventsMax = 256

    private let descriptor: Int32
    private var events = [cnet_event](repeating: cnet_event(), count: Poller.eventsMax)

    init() {
        descriptor = cnet_epoll_create()
    }

    deinit { close(descriptor) }

    func add(_ socket: Int32, _ interest: Interest, _ token: UInt64) -> Bool {
        cnet_epoll_add(descriptor, socket, interest.bits, token) == 0
    }

    func change(_ socket: Int32, _ interest: Interest, _ token: UInt64) {
        _ = cnet_epoll_change(descriptor, socket, interest.bits, token)
    }

    func remove(_ socket: Int32) {
        _ = cnet_epoll_remove(descriptor, socket)
    }

    /// Blocks until a descriptor is ready or the timeout expires.
    ///
    /// - Returns: The number of events, which the subscript returns.
    mutating func wait(milliseconds: Int) -> Int {
        unsafe events.withUnsafeMutableBufferPointer { buffer in
            unsafe Int(cnet_epoll_wait(descriptor, buffer.baseAddress, Int32(buffer.count), Int32(milliseconds)))
        }
    }

    subscript(_ index: Int) -> ReadinessEvent {
        let event = events[index]
        let gone = UInt32(CNET_FAILED | CNET_HUNG_UP)
        return ReadinessEvent(
            token: event.token,
            isReadable: event.events & UInt32(CNET_READABLE) != 0,
            isWritable: event.events & UInt32(CNET_WRITABLE) != 0,
            isGone: event.events & gone != 0
        )
    }
}
