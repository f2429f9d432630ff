import Sketches

/// What has been told of a page view so far.
struct ViewMemory {
    struct Told {
        var seq: Int64
        var value: Double
        var place: Place
        /// What this value is counted by beyond the place's facts.
        var facts: [Fact] = []
    }

    /// From its own event.
    var facts: [Fact] = []
    var told: [Metric: Told] = [:]
    /// The navigation type that the page view is counted by.
    var navigation: String?
    var engaged: Told?
    /// Of its latest event.
    var last: (place: Place, path: String?, userAgent: String?)?
}

/// What has been seen of a session so far.
struct SessionMemory {
    /// Where it began.
    var first: Place
    var entry: String
    /// 1, or 2 for more.
    var views: Int
    var exit: String
}

/// Values by a key, of which those that have not been asked for longest are forgotten; they can be made again.
struct RecentMemory<Value> {
    private let max: Int
    private var young: [String: Value] = [:]
    private var old: [String: Value] = [:]

    /// - Parameter max: values of each of two generations.
    init(max: Int) { self.max = max }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }

    func has(_ key: String) -> Bool { young[key] != nil || old[key] != nil }

    subscript(key: String) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old.removeValue(forKey: key) else { return nil }
            young[key] = value
            return value
        }
        set {
            guard let newValue else { return }
            old[key] = nil
            young[key] = newValue
        }
    }

    /// Forgets what was not asked for since the last time that there was too much; to be called when no key must last.
    mutating func age() {
        guard young.count > max else { return }
        old = young
        young = [:]
    }
}
