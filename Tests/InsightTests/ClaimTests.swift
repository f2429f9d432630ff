import Digest
import Numbers
import Storage
import Telemetry
import Testing

@testable import Insight

private var hashes: KeyedHashes? { KeyedHashes(secret: String(repeating: "5a", count: 32)) }

/// An event as it is read back from a store.
private func event(
    _ id: Int64,
    _ type: String,
    _ payload: String,
    microseconds: Int64 = 1_795_456_784_000_000
)
    -> StoredEvent?
{
    StoredEvent([
        .integer(id), .integer(microseconds), .text("v_1"), .text("s_1"), .text("p_\(id)"), .text(type), .integer(id),
        .text("shop.example"), .text("/"), .null, .null, .text(payload),
    ])
}

private func changes(_ events: [(type: String, payload: String)]) throws -> Changes {
    var fold = Fold(hashes: try #require(hashes))
    for (place, one) in events.enumerated() {
        fold.add(try #require(event(Int64(place + 1), one.type, one.payload)))
    }
    return fold.take()
}

extension Changes {
    /// What a value of a dimension comes to in the one day.
    fileprivate func day(_ dimension: Dimension, _ value: String = "") -> CellChange? {
        cells.first { $0.key.dimension == dimension && $0.key.grain == .day && $0.key.value == value }?.change
    }

    /// How many values of each claim were out of range.
    fileprivate var invalid: [String: Int64] {
        let days = cells.filter { $0.key.dimension == .invalid && $0.key.grain == .day }
        return Dictionary(days.map { ($0.key.value, $0.change.counters.events) }, uniquingKeysWith: +)
    }
}

@Suite struct ClaimTests {
    @Test(arguments: Claim.allCases)
    func `a claim is believed at the ends of its range and not beyond them`(claim: Claim) {
        func claimed(_ number: String) -> ClaimedNumber { JSONTree("{\"n\":\(number)}")["n"].claimed(claim) }
        let range = claim.range
        #expect(claimed("\(range.lowerBound)") == .valid(range.lowerBound))
        #expect(claimed("\(range.upperBound)") == .valid(range.upperBound))
        for number in ["\(range.upperBound.nextUp)", "-1", "1e15", "999999999999999", "1e999", "-1e9999"] {
            #expect(claimed(number) == .outOfRange, "\(number)")
        }
        for none in ["null", "\"5\"", "true", "[5]", "{}"] { #expect(claimed(none) == .missing) }
    }

    @Test func `a value out of range counts in no figure and as an invalid value`() throws {
        let changes = try changes([
            ("engagement", #"{"engagedMs":4000}"#), ("engagement", #"{"engagedMs":1e14}"#),
            ("engagement", #"{"engagedMs":-5}"#), ("error", #"{"count":1000000}"#), ("error", #"{"count":3}"#),
            ("webvitals", #"{"LCP":999999999999999,"INP":80,"CLS":1e300,"FCP":-1,"TTFB":700000}"#),
            (
                "resources",
                #"{"slowest":[{"name":"https://a.test/x","duration":5,"transferSize":999999999999999}],"thirdParties":[{"host":"b.test","duration":1e14,"bytes":7}]}"#
            ),
        ])
        let all = try #require(changes.day(.all))
        #expect((all.counters.engagements, all.counters.engagedMilliseconds) == (1, 4000))
        #expect(all.counters.errors == 4)
        #expect(all.added[.inp].count == 1)
        for metric in [Metric.lcp, .cls, .fcp, .ttfb] { #expect(all.added[metric].isEmpty) }
        #expect(changes.day(.resource, "https://a.test/x")?.counters.amount == 0)
        #expect(changes.day(.resource, "https://a.test/x")?.added[.duration].count == 1)
        #expect(changes.day(.thirdParty, "b.test") == nil)
        #expect(
            changes.invalid == [
                "engagedMs": 2, "count": 1, "LCP": 1, "CLS": 1, "FCP": 1, "TTFB": 1, "resource.bytes": 1,
                "resource.duration": 1,
            ]
        )
    }

    @Test func `a correction by a value out of range leaves the valid one`() throws {
        var fold = Fold(hashes: try #require(hashes))
        for (seq, payload) in [(1, #"{"engagedMs":4000}"#), (2, #"{"engagedMs":999999999999999}"#)] {
            var one = try #require(event(Int64(seq), "engagement", payload))
            one.pageviewID = "p_1"
            fold.add(one)
        }
        #expect(fold.take().day(.all)?.counters.engagedMilliseconds == 4000)
    }

    @Test func `sums saturate`() {
        var counters = Counters()
        counters.engagedMilliseconds = .sumMax
        counters.amount = .max
        counters.add(counters)
        #expect((counters.engagedMilliseconds, counters.amount) == (.sumMax, .sumMax))
        var names = CountedNames(encoded: "\(Int64.max) Chrome")
        names.add(names)
        #expect(names.counts["Chrome"] == .sumMax)
        #expect(Int64(saturating: .infinity) == .max)
        #expect(Int64(saturating: -.infinity) == .min)
        #expect(Int64(saturating: .nan) == 0)
        #expect(Int64(saturating: 0x1p63) == .max)
        #expect(Int64(saturating: -2.9) == -2)
        #expect(Int64.max.adding(saturating: .max) == .sumMax)
        #expect(Int64.min.adding(saturating: .min) == -.sumMax)
    }

    @Test(arguments: [Int64.min, .min + 1, -1, 0, .max])
    func `a moment that no store can write is moved to the years that it can`(microseconds: Int64) throws {
        var fold = Fold(hashes: try #require(hashes))
        fold.add(try #require(event(1, "pageview", "{}", microseconds: microseconds)))
        let bounds = ISO8601.storableMicroseconds
        for (key, _) in fold.take().cells {
            #expect((bounds.lowerBound / 1_000_000 - 86_400...bounds.upperBound / 1_000_000).contains(key.bucket))
        }
    }

    @Test func `ids that were chosen by the public hash count as often as they are`() throws {
        // Of many ids those that raise a register highest: as few of them look like as many as were tried.
        let tried = 200_000
        var best: [UInt64: (rank: Int, id: String)] = [:]
        for number in 0..<tried {
            let id = "v\(number)"
            let hash = stableHash(id.utf8)
            let (register, rank) = (hash >> 53, (hash << 11).leadingZeroBitCount)
            if rank > best[register]?.rank ?? -1 { best[register] = (rank, id) }
        }
        let ids = best.values.map(\.id)
        let hash = try #require(hashes).visitors
        var (open, keyed) = (HyperLogLog(), HyperLogLog())
        for id in ids {
            open.add(hash: stableHash(id.utf8))
            keyed.add(hash: hash.hash(id))
        }
        #expect(ids.count == 2048)
        #expect(open.estimate > 0.9 * Double(tried))
        #expect(abs(keyed.estimate / Double(ids.count) - 1) < 3 * HyperLogLog.standardError)
    }

    @Test func `a secret is 64 hexadecimal digits`() {
        for secret in [
            "", "5a", String(repeating: "x", count: 64), String(repeating: "5", count: 65),
            "+a" + String(repeating: "5", count: 62),
        ] {
            #expect(KeyedHashes(secret: secret) == nil)
        }
    }
}
