import Events
import Storage

/// One array parameter per column of the tables of records, in the order of `RecordSQL`.
extension BinaryArrays {
    mutating func append(_ events: [Event]) {
        append(.timestamptz, events) { putTime($0.receivedAt, &$1) }
        append(.timestamptz, events) { putTime($0.clientTimestamp, &$1) }
        append(.text, events) { putText($0.bytes, $0.visitorID, &$1) }
        append(.text, events) { putText($0.bytes, $0.sessionID, &$1) }
        append(.text, events) { putText($0.bytes, $0.pageviewID, &$1) }
        append(.text, events) { putText($0.bytes, $0.eventType, &$1) }
        append(.integer, events) {
            BinaryArrays.put($0.seq, &$1)
            return true
        }
        append(.text, events) { putText($0.bytes, $0.path, &$1) }
        append(.text, events) { putText($0.bytes, $0.referrer, &$1) }
        append(.text, events) { putText($0.bytes, $0.ipHash, &$1) }
        append(.text, events) { putText($0.bytes, $0.userAgent, &$1) }
        append(.jsonb, events) { putJSON($0.bytes, $0.payload, &$1) }
        append(.uuid, events) { event, buffer in
            guard let id = event.eventID else { return false }
            BinaryArrays.put(id.high, &buffer)
            BinaryArrays.put(id.low, &buffer)
            return true
        }
        append(.text, events) { putText($0.bytes, $0.site, &$1) }
        append(.timestamptz, events) { putTime($0.clientTimestampOriginal, &$1) }
        append(.text, events) { putText($0.bytes, $0.location?.country, &$1) }
        append(.text, events) { putText($0.bytes, $0.location?.region, &$1) }
        append(.text, events) { putText($0.bytes, $0.location?.city, &$1) }
        append(.text, events) { putText($0.bytes, $0.location?.source, &$1) }
    }

    mutating func append(_ reports: [DeliveryReport]) { append(MergedDeliveryReport.all(reports)) }

    mutating func append(_ merged: [MergedDeliveryReport]) {
        append(.text, merged) { putText($0.first.bytes, $0.first.pageviewID, &$1) }
        append(.text, merged) { putText($0.first.bytes, $0.first.visitorID, &$1) }
        append(.text, merged) { putText($0.first.bytes, $0.first.sessionID, &$1) }
        append(.text, merged) { putText($0.first.bytes, $0.first.site, &$1) }
        append(.jsonb, merged) { putJSON($0.mostDropped.bytes, $0.mostDropped.dropReasons, &$1) }
        append(.integer, merged) {
            BinaryArrays.put($0.emitted, &$1)
            return true
        }
        append(.integer, merged) {
            BinaryArrays.put($0.mostDropped.dropped, &$1)
            return true
        }
        append(.timestamptz, merged) { putTime($0.firstReceivedAt, &$1) }
        append(.timestamptz, merged) { putTime($0.lastReceivedAt, &$1) }
    }

    mutating func append(_ submissions: [Submission]) {
        append(.timestamp, submissions) { putTime($0.receivedAt, &$1) }
        append(.timestamptz, submissions) { putTime($0.clientTimestamp, &$1) }
        append(.text, submissions) { putText($0.bytes, $0.ip, &$1) }
        append(.jsonb, submissions) { putJSON($0.bytes, $0.browserInfo, &$1) }
        append(.jsonb, submissions) { putJSON($0.bytes, $0.performanceData, &$1) }
        append(.jsonb, submissions) { putJSON($0.bytes, $0.fingerprints, &$1) }
        append(.jsonb, submissions) { putJSON($0.bytes, $0.errors, &$1) }
        append(.jsonb, submissions) { putJSON($0.bytes, $0.network, &$1) }
        append(.jsonb, submissions) { putJSON($0.bytes, $0.battery, &$1) }
        append(.jsonb, submissions) { putJSON($0.bytes, $0.benchmarks, &$1) }
        append(.text, submissions) { putText($0.bytes, $0.visitorID, &$1) }
        append(.text, submissions) { putText($0.bytes, $0.sessionID, &$1) }
        append(.text, submissions) { putText($0.bytes, $0.pageviewID, &$1) }
    }

    /// Appends the four parameters of a position: source, number, whether it is a journal, and the previous number.
    mutating func append(_ id: BatchID) {
        append { buffer in
            Self.put(id.source.id.high, &buffer)
            Self.put(id.source.id.low, &buffer)
        }
        append { Self.put(UInt64(bitPattern: id.number), &$0) }
        append { $0.append(id.source.isJournal ? 1 : 0) }
        append { Self.put(UInt64(bitPattern: id.previous), &$0) }
    }
}

private func putText(_ bytes: [UInt8], _ slice: Slice?, _ buffer: inout [UInt8]) -> Bool {
    guard let slice else { return false }
    buffer += bytes[slice.range]
    return true
}

/// Appends a jsonb value in binary format: the version 1, then the text.
private func putJSON(_ bytes: [UInt8], _ slice: Slice?, _ buffer: inout [UInt8]) -> Bool {
    guard let slice else { return false }
    buffer.append(1)
    buffer += bytes[slice.range]
    return true
}

/// Appends a timestamp in binary format: microseconds since 2000-01-01.
private func putTime(_ microseconds: Int64?, _ buffer: inout [UInt8]) -> Bool {
    guard let microseconds else { return false }
    BinaryArrays.put(UInt64(bitPattern: microseconds - 946_684_800_000_000), &buffer)
    return true
}
