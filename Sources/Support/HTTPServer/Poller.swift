import CNet
import Glibc

/// What happened to a descriptor.
struct ReadinessEvent {
    let token: UInt64
    let isReadable: Bool
    let isWritable: Bool
    /// Reset or closed on both sides.
    let isGone: Bool
}

/// What a descriptor is watched for; being gone always counts.
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

/// The kernel's watch over descriptors, level-triggered.
struct Poller: ~Copyable {
    /// Happenings taken at one time.
    static let happeningsMax = 256

    private let descriptor: Int32
    private var events = [cnet_event](repeating: cnet_event(), count: Poller.happeningsMax)

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

    /// Waits until something happens or the time is over; the number of happenings.
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
