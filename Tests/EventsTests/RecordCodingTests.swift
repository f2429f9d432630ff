import TestSupport
import Testing

@testable import Events

/// The first and the last moment that every store can write, microseconds since 1970.
private let earliest: Int64 = -62_135_596_800_000_000
private let latest: Int64 = 253_402_300_799_999_999

/// A buffer that grows field by field, with bytes in between that belong to none.
private struct Buffer {
    private(set) var bytes: [UInt8] = [0xAA]

    mutating func put(_ text: String) -> Slice {
        defer { bytes.append(0xAA) }
        defer { bytes += Array(text.utf8) }
        return Slice(start: bytes.count, count: text.utf8.count)
    }

    mutating func put(_ text: String, if isThere: Bool) -> Slice? { isThere ? put(text) : nil }
}

/// An event with those of its optional fields that have a bit in `mask`.
private func event(_ mask: Int) -> Event {
    var buffer = Buffer()
    func has(_ bit: Int) -> Bool { mask & 1 << bit != 0 }
    var event = Event(
        bytes: [],
        receivedAt: mask % 2 == 0 ? latest : -1,
        clientTimestamp: has(0) ? earliest : nil,
        visitorID: buffer.put("v_ß🙂"),
        sessionID: buffer.put(""),
        pageviewID: buffer.put("p"),
        eventType: buffer.put("pageview"),
        seq: mask % 2 == 0 ? .min : .max,
        path: buffer.put("/größe", if: has(1)),
        referrer: buffer.put("", if: has(2)),
        ipHash: buffer.put(String(repeating: "a", count: 64), if: has(3)),
        userAgent: buffer.put("Agent/1.0 (ü)", if: has(4)),
        payload: buffer.put(#"{"a": [1.0, "\u00e9"]}"#),
        eventID: has(5) ? EventID(high: .max, low: 1) : nil
    )
    event.site = buffer.put("shop.example", if: has(6))
    event.clientTimestampOriginal = has(7) ? latest : nil
    if has(8) {
        event.location = LocationSlices(
            country: buffer.put("DE"),
            region: buffer.put("Berlin, DE-BE", if: has(1)),
            city: buffer.put("Größe, DE-BE", if: has(2)),
            source: buffer.put("database")
        )
    }
    event.bytes = buffer.bytes
    return event
}

/// A submission with those of its optional fields that have a bit in `mask`.
private func submission(_ mask: Int) -> Submission {
    var buffer = Buffer()
    func has(_ bit: Int) -> Bool { mask & 1 << bit != 0 }
    var submission = Submission(
        bytes: [],
        body: buffer.put("the body"),
        receivedAt: mask % 2 == 0 ? 0 : earliest,
        clientTimestamp: has(0) ? 1 : nil,
        ip: buffer.put("2001:db8::1", if: has(1)),
        browserInfo: buffer.put(#"{"b":1.0}"#),
        performanceData: buffer.put("{}"),
        fingerprints: buffer.put(#"{"f":"🙂"}"#),
        errors: buffer.put("[]"),
        network: buffer.put("1", if: has(2)),
        battery: buffer.put("null", if: has(3)),
        benchmarks: buffer.put(#"["x"]"#, if: has(4)),
        visitorID: buffer.put("", if: has(5)),
        sessionID: buffer.put("s_ß", if: has(6)),
        pageviewID: buffer.put("7", if: has(7))
    )
    submission.bytes = buffer.bytes
    return submission
}

private func report(hasSite: Bool) -> DeliveryReport {
    var buffer = Buffer()
    var report = DeliveryReport(
        bytes: [],
        receivedAt: -1,
        visitorID: buffer.put("v_ß"),
        sessionID: buffer.put("s"),
        pageviewID: buffer.put("p"),
        site: buffer.put("shop.example", if: hasSite),
        emitted: .max,
        dropped: 3,
        dropReasons: buffer.put(#"{"queue_full": 3}"#)
    )
    report.bytes = buffer.bytes
    return report
}

private func form(_ record: Record) -> [UInt8] {
    var bytes: [UInt8] = []
    record.encode(into: &bytes)
    return bytes
}

/// One of each kind with all fields, one of each with as few as there can be.
private let samples: [Record] = [
    .event(event(255)), .event(event(0)), .submission(submission(255)), .submission(submission(0)),
    .deliveryReport(report(hasSite: true)), .deliveryReport(report(hasSite: false)),
]

@Suite struct RecordCodingTests {
    @Test func `an event comes back the same with any of its fields missing`() throws {
        for mask in 0..<256 {
            let record = Record.event(event(mask))
            let decoded = try #require(Record(decoding: form(record)), "\(mask)")
            #expect(decoded.fields == record.fields, "\(mask)")
            #expect(form(decoded) == form(record))
        }
    }

    @Test func `a submission comes back the same, but for its body, with any of its fields missing`() throws {
        for mask in 0..<256 {
            let record = Record.submission(submission(mask))
            let decoded = try #require(Record(decoding: form(record)), "\(mask)")
            #expect(decoded.fields == record.fields, "\(mask)")
            #expect(form(decoded) == form(record))
            guard case .submission(let found) = decoded else {
                Issue.record("\(mask)")
                continue
            }
            #expect(found.text(found.body) == "")
        }
    }

    @Test func `a delivery report comes back the same`() throws {
        for record in samples.suffix(2) {
            let decoded = try #require(Record(decoding: form(record)))
            #expect(decoded.fields == record.fields)
            #expect(form(decoded) == form(record))
        }
    }

    @Test func `a record with a time that no store can write is none`() {
        for time in [Int64.min, earliest - 1, latest + 1, .max] {
            var one = event(255)
            one.receivedAt = time
            #expect(Record(decoding: form(.event(one))) == nil)
            one = event(255)
            one.clientTimestamp = time
            #expect(Record(decoding: form(.event(one))) == nil)
            one = event(255)
            one.clientTimestampOriginal = time
            #expect(Record(decoding: form(.event(one))) == nil)
            var two = submission(255)
            two.receivedAt = time
            #expect(Record(decoding: form(.submission(two))) == nil)
            var three = report(hasSite: true)
            three.receivedAt = time
            #expect(Record(decoding: form(.deliveryReport(three))) == nil)
        }
    }

    @Test func `a form is appended and holds nothing of the buffer but the fields`() {
        var output: [UInt8] = [1, 2, 3]
        samples[2].encode(into: &output)
        #expect(output == [1, 2, 3] + form(samples[2]))
        let text = String(decoding: output, as: UTF8.self)
        #expect(!text.contains("the body") && !form(samples[2]).contains(0xAA))
    }

    @Test func `records of earlier versions are read, and written in the current format`() throws {
        let bytes = pinned.split(whereSeparator: \.isWhitespace).joined()
        let pairs = stride(from: 0, to: bytes.count, by: 2).map { bytes.dropFirst($0).prefix(2) }
        let form = pairs.compactMap { UInt8($0, radix: 16) }
        let record = try #require(Record(decoding: form))
        #expect(
            record.fields == [
                "kind": "event", "received_at": "1795456784821673", "client_timestamp": "-1",
                "client_timestamp_original": nil, "site": nil, "visitor_id": "v_ß",
                "session_id": "s_1", "pageview_id": "p_1", "event_type": "pageview", "seq": "-2", "path": "/a",
                "referrer": nil, "ip_hash": "", "user_agent": nil, "payload": #"{"a":1}"#,
                "country": nil, "region": nil, "city": nil, "location_source": nil,
                "event_id": "0198f0c2-7b1e-7cc3-98c4-dc0c0c07398f",
            ]
        )
        var again: [UInt8] = []
        record.encode(into: &again)
        // Neither a site nor a corrected clock, nor any text of a location.
        let none = [UInt8](repeating: 255, count: 4)
        let added = none + [0] + none + none + none + none
        #expect(again == [3] + form.dropFirst() + added)
        // Version 2 had the first two.
        let second = try #require(Record(decoding: [2] + form.dropFirst() + none + [0]))
        #expect(second.fields == record.fields)
    }

    // MARK: - Damage

    @Test func `every prefix of a form is nothing, and so is a form with more behind it`() {
        for sample in samples {
            let bytes = form(sample)
            for count in bytes.indices where Record(decoding: Array(bytes[..<count])) != nil {
                Issue.record("\(count) of \(bytes.count) bytes")
            }
            #expect(Record(decoding: bytes + [0]) == nil)
        }
    }

    @Test func `a form with one byte changed is nothing or the record that those bytes say`() {
        for sample in samples {
            let bytes = form(sample)
            for offset in bytes.indices {
                for change in 1...UInt8.max {
                    var changed = bytes
                    changed[offset] ^= change
                    guard let record = Record(decoding: changed), form(record) != changed else { continue }
                    // Submissions were the same in versions 1 and 2, delivery reports in version 2.
                    switch record {
                    case .submission where changed[0] < 3: continue
                    case .deliveryReport where changed[0] == 2: continue
                    default: break
                    }
                    // Each byte counts, so that the same fields never have two forms.
                    Issue.record("byte \(offset) changed by \(change)")
                }
            }
        }
    }

    @Test func `lengths beyond all measure are nothing`() {
        let event = form(samples[1])
        // Of the first text, behind version, kind, two times, seq and the id.
        let offset = 2 + 8 + 1 + 8 + 1 + 1
        #expect(event[offset..<offset + 4] == [8, 0, 0, 0])
        for length in [[255, 255, 255, 127], [0, 0, 0, 128], [254, 255, 255, 255], [255, 255, 255, 255]] as [[UInt8]] {
            var changed = event
            changed.replaceSubrange(offset..<offset + 4, with: length)
            #expect(Record(decoding: changed) == nil, "\(length)")
        }
    }

    @Test func `a version and a kind that are not known are nothing`() {
        for sample in samples {
            let bytes = form(sample)
            #expect(bytes[0] == 3 && bytes[1] < 3)
            for other in 0...UInt8.max {
                if other == 0 || other > 3 { #expect(Record(decoding: [other] + bytes.dropFirst()) == nil) }
                if other > 2 { #expect(Record(decoding: [3, other] + bytes.dropFirst(2)) == nil) }
            }
        }
        #expect(Record(decoding: []) == nil && Record(decoding: [1]) == nil && Record(decoding: [1, 0]) == nil)
    }
}

/// One event in version 1: version, kind, `received_at`, `client_timestamp`, `seq`, both halves of the `event_id`, then the texts.
private let pinned = """
    01 00
    a96dde5bf5600600
    01 ffffffffffffffff
    feffffffffffffff
    01 c37c1e7bc2f09801
    01 8f39070c0cdcc498
    04000000 765fc39f
    03000000 735f31
    03000000 705f31
    08000000 7061676576696577
    02000000 2f61
    ffffffff
    00000000
    ffffffff
    07000000 7b2261223a317d
    """
