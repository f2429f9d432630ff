import Segments
import TestSupport

/// The same sessions for the same seed.
struct RandomSessions: RandomNumberGenerator {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { generator.next() }

    mutating func code(_ count: UInt32) -> UInt32 { UInt32.random(in: 0..<count, using: &self) }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// Sessions of `visitors` visitors within `seconds` of `start`.
    mutating func sessions(_ count: Int, start: Int64, seconds: Int64, visitors: UInt32) -> [SessionRow] {
        (0..<count).map { _ in session(start + Int64.random(in: 0..<seconds, using: &self), visitors) }
    }

    private mutating func session(_ start: Int64, _ visitors: UInt32) -> SessionRow {
        var time = start
        var pageViews: [PageViewRow] = []
        for _ in 0...(chance(40) ? 0 : Int(code(5))) {
            pageViews.append(pageView(time))
            time += Int64(code(4)) * Int64(code(2000))
        }
        var session = SessionRow(key: next(), visitor: code(visitors), pageViews: pageViews)
        (session.site, session.traffic, session.botReasons) = (2 + code(2), 2 + code(2), code(3))
        (session.browser, session.system, session.device) = (code(5), code(5), code(4))
        (session.screen, session.language, session.country) = (code(30), code(8), code(20))
        (session.region, session.city, session.locationSource) = (code(20), code(30), code(5))
        (session.referrer, session.campaign, session.imported) = (code(30), code(6), code(4))
        let rows = UInt32(pageViews.count)
        session.events = (0..<Int(chance(50) ? 0 : code(5))).map { _ in
            var event = EventRow(
                pageView: UInt16(code(rows)),
                time: start + Int64(code(6000)),
                kind: EventKind(rawValue: UInt8(code(4))) ?? .custom,
                name: code(6),
                issue: code(6),
                count: 1 + code(chance(90) ? 3 : 10_000)
            )
            event.path = code(6)
            return event
        }
        session.resources = (0..<Int(chance(50) ? 0 : code(4))).map { _ in
            ResourceRow(
                pageView: UInt16(code(rows)),
                kind: chance(50) ? .slow : .thirdParty,
                name: code(5),
                duration: value(),
                bytes: UInt64(code(4)) * 1_000_000
            )
        }
        return session
    }

    private mutating func pageView(_ time: Int64) -> PageViewRow {
        var row = PageViewRow(time: time)
        row.isCounted = chance(90)
        (row.path, row.release, row.connection, row.navigation) = (code(12), code(3), code(4), code(5))
        row.eventsReceived = 1 + code(6)
        row.engagement = chance(60) ? code(100_000) : nil
        row.scrollDepth = chance(60) ? UInt8(code(101)) : nil
        for vital in 0..<5 where chance(70) { row.vitals[vital] = value() }
        (row.lcpElement, row.lcpPart, row.inpElement) = (code(4), code(4), code(4))
        (row.inpPart, row.clsElement) = (code(4), code(4))
        return row
    }

    /// Often a threshold, or just beside one.
    private mutating func value() -> Float {
        let thresholds: [Float] = [0, 100, 200, 250, 500, 800, 1000, 1800, 2500, 3000, 4000]
        switch code(5) {
        case 0: return thresholds[Int(code(11))]
        case 1: return thresholds[Int(code(11))].nextUp
        case 2: return Float.random(in: 0..<1, using: &self)
        default: return Float.random(in: 1...20_000, using: &self)
        }
    }
}
