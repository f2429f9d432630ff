import Events
import Testing

@testable import Ingest

private func entry(_ number: UInt64, bytes: Int = 10) throws -> Entry {
    let body = Array(#"{"visitor_id":"v","session_id":"s","pageview_id":"p","event_type":"t"}"#.utf8)
    let requestContext = RequestContext(receivedAt: 0, userAgent: nil, ipHash: nil)
    var event = try Event(parsing: body, body: 0..<body.count, requestContext)
    // The queue looks at nothing but the size.
    event.bytes = Array(repeating: 0, count: bytes)
    return Entry(record: .event(event), ticket: number)
}

private func limits(
    records: Int = 100,
    bytes: Int = 10_000,
    batch: Int = 10,
    batchBytes: Int = 1000
) -> GroupCommit.Limits {
    var limits = GroupCommit.Limits()
    limits.recordsMax = records
    limits.bytesMax = bytes
    limits.batchRecordsMax = batch
    limits.batchBytesMax = batchBytes
    return limits
}

@Suite struct GroupCommitTests {
    @Test func `a free writer takes all that waits, oldest first`() throws {
        var queue = GroupCommit(limits: limits())
        for number in 0..<7 { #expect(try queue.offer(entry(UInt64(number)))) }
        #expect(queue.take().map(\.ticket) == Array(0..<7))
        #expect(queue.isEmpty)
        #expect(queue.take().isEmpty)
    }

    @Test func `a batch holds no more records and bytes than its limits`() throws {
        var queue = GroupCommit(limits: limits(batch: 3, batchBytes: 25))
        for number in 0..<4 { _ = try queue.offer(entry(UInt64(number), bytes: 10)) }
        #expect(queue.take().map(\.ticket) == [0, 1])
        #expect(queue.take().map(\.ticket) == [2, 3])
        for number in 0..<4 { _ = try queue.offer(entry(UInt64(number), bytes: 1)) }
        #expect(queue.take().count == 3)
    }

    @Test func `a record larger than a batch goes alone`() throws {
        var queue = GroupCommit(limits: limits(batchBytes: 25))
        _ = try queue.offer(entry(1, bytes: 100))
        _ = try queue.offer(entry(2))
        #expect(queue.take().map(\.ticket) == [1])
        #expect(queue.take().map(\.ticket) == [2])
    }

    @Test func `the order stays whole however batches and offers alternate`() throws {
        var queue = GroupCommit(limits: limits(batch: 3))
        var offered: UInt64 = 0
        var taken: [UInt64] = []
        for round in 0..<50 {
            for _ in 0..<(round % 5) {
                #expect(try queue.offer(entry(offered)))
                offered += 1
            }
            taken += queue.take().map(\.ticket)
        }
        while !queue.isEmpty { taken += queue.take().map(\.ticket) }
        #expect(taken == Array(0..<offered))
    }

    @Test func `a full queue refuses and takes again when there is room`() throws {
        var queue = GroupCommit(limits: limits(records: 2))
        #expect(try queue.offer([entry(1), entry(2)]))
        #expect(try !queue.offer(entry(3)))
        _ = queue.take()
        #expect(try queue.offer(entry(3)))
    }

    @Test func `bytes that wait are limited, and counted down when taken`() throws {
        var queue = GroupCommit(limits: limits(bytes: 100))
        #expect(try queue.offer(entry(1, bytes: 90)))
        #expect(try !queue.offer(entry(2, bytes: 11)))
        #expect(try queue.offer(entry(3, bytes: 10)))
        _ = queue.take()
        #expect(try queue.offer(entry(4, bytes: 100)))
    }

    @Test func `the records of one request are taken all or none`() throws {
        var queue = GroupCommit(limits: limits(records: 3))
        #expect(try queue.offer([entry(1), entry(2)]))
        #expect(try !queue.offer([entry(3), entry(4)]))
        #expect(queue.take().map(\.ticket) == [1, 2])
    }

    @Test func `after a stop no record is accepted and waiting records are returned`() throws {
        var queue = GroupCommit(limits: limits())
        _ = try queue.offer(entry(1))
        queue.stop()
        #expect(try !queue.offer(entry(2)))
        #expect(!queue.shouldGather())
        #expect(queue.take().map(\.ticket) == [1])
    }

    @Test func `giving up empties the queue and makes room`() throws {
        var queue = GroupCommit(limits: limits(records: 2, bytes: 20))
        _ = try queue.offer([entry(1), entry(2)])
        #expect(queue.takeAll().map(\.ticket) == [1, 2])
        #expect(queue.isEmpty)
        #expect(try queue.offer([entry(3), entry(4)]))
    }

    @Test func `few records may gather, many and a gathering in vain do not`() throws {
        var queue = GroupCommit(limits: limits())
        #expect(!queue.shouldGather())
        _ = try queue.offer(entry(1))
        #expect(queue.shouldGather())
        queue.noteGathering(gained: 0)
        #expect(!queue.shouldGather())
        for _ in 0..<64 {
            _ = queue.take()
            _ = try queue.offer(entry(1))
        }
        #expect(queue.shouldGather())
        for number in 0..<63 { _ = try queue.offer(entry(UInt64(number), bytes: 1)) }
        #expect(!queue.shouldGather() && queue.hasEnough)
    }
}
