/// The part of a session's pages that a query follows.
package enum PathWay {
    /// The pages of a session, given as codes in order of time, from the start on and without those that repeat the page before.
    ///
    /// Nil when the session does not take the way.
    package static func find(_ pages: [UInt32], _ query: PathQuery) -> ArraySlice<UInt32>? {
        var way: [UInt32] = []
        return find(pages, query, &way).map { way[$0] }
    }

    /// Does the same in the memory of an earlier way, and returns the indices of the pages.
    static func find(_ pages: [UInt32], _ query: PathQuery, _ way: inout [UInt32]) -> Range<Int>? {
        way.removeAll(keepingCapacity: true)
        // From the first or last page on, no more than the steps are needed.
        let pagesMax = query.start == nil ? query.steps + 1 : Int.max
        func add(_ page: UInt32) { if way.last != page, way.count < pagesMax { way.append(page) } }
        switch query.direction {
        case .forward: for page in pages { add(page) }
        case .backward: for page in pages.reversed() { add(page) }
        }
        let start = query.start.map { codes in way.firstIndex(where: codes.contains) } ?? way.indices.first
        guard let start else { return nil }
        let end = min(way.count, start + query.steps + 1)
        for (step, code) in query.via.enumerated() {
            let index = start + 1 + step
            guard index < end, way[index] == code else { return nil }
        }
        return start..<end
    }
}

/// The ways of sessions, until they are too many to keep.
package struct PathWays {
    /// Pages at most, and one more for each way: 16 MB.
    package static let pagesMax = 8_388_608

    private let pagesMax: Int
    private(set) var isComplete = true
    /// The number of pages of each way, and their codes.
    private var codes: [UInt16] = []

    init(pagesMax: Int) { self.pagesMax = pagesMax }

    mutating func append(_ way: ArraySlice<UInt32>) {
        guard isComplete else { return }
        guard codes.count + way.count < pagesMax, way.allSatisfy({ $0 <= UInt32(UInt16.max) }) else {
            (isComplete, codes) = (false, [])
            return
        }
        codes.append(UInt16(way.count))
        for page in way { codes.append(UInt16(page)) }
    }

    func forEach(_ body: (_ way: ArraySlice<UInt32>) -> Void) {
        var (index, way) = (0, [UInt32]())
        while index < codes.count {
            let count = Int(codes[index])
            way.removeAll(keepingCapacity: true)
            for page in codes[index + 1...index + count] { way.append(UInt32(page)) }
            body(way[...])
            index += count + 1
        }
    }
}
