package import Events
import Files

/// Reads an export of another product, and makes events of its page views.
package struct ImportRun {
    /// The product of the export.
    package let format: ImportFormat
    /// The size of the file in bytes, compressed if it is.
    package var size: Int64 { file.size }

    private let file: ImportFile
    private let site: String
    private let now: Int64
    /// Bytes that decide the format.
    private static let headBytes: Int64 = 1 << 20
    /// Bytes of the events of a batch.
    private static let batchBytesMax = 4 << 20

    /// Detects the format.
    ///
    /// - Parameters:
    ///   - path: the file, which may be compressed by gzip.
    ///   - expected: the format that the file must have; nil for any.
    ///   - site: the site of all page views.
    ///   - now: the current time in microseconds since 1970.
    /// - Throws: `ImportError` when the file has another format, or none.
    package init(_ path: String, expected: ImportFormat?, site: String, now: Int64) throws {
        file = try ImportFile(path)
        (self.site, self.now) = (site, now)
        var head: [UInt8] = []
        _ = try file.each(bytesMax: ImportLimits.textBytesMax) { part, _ in
            head += part
            return head.count < Self.headBytes
        }
        format = try ImportFormat.detect(head)
        guard expected == nil || expected == format else {
            throw ImportError(
                "\(path) is an export of \(format.title), not of \(expected?.title ?? ""): leave out --format, or name the right one; "
                    + "nothing was changed"
            )
        }
    }

    /// Reads the whole file, and stores nothing.
    ///
    /// - Parameters:
    ///   - secret: the key of the database, for the ids.
    ///   - mode: the privacy mode of the site.
    ///   - progress: called with the bytes that were read; returns false to stop.
    /// - Returns: nil when it was stopped.
    /// - Throws: `ImportError` when the file cannot be imported at all.
    package func check(
        secret: String,
        mode: PrivacyMode,
        _ progress: (_ done: Int64) -> Bool
    ) throws -> ImportSummary? {
        var summary = ImportSummary()
        var ids = DistinctIDs()
        let events = ImportedEvents(format, site: site, mode: mode, secret: secret)
        let isComplete = try each { item, position, done in
            summary.rows += 1
            guard summary.rows <= ImportLimits.rowsMax else {
                throw ImportError(
                    "\(file.path) has more than \(ImportLimits.rowsMax) rows: split the export by time; nothing was changed"
                )
            }
            switch item {
            case .leftOut(let kind): summary.leftOut[kind, default: 0] += 1
            case .problem(let position, let text): summary.add(problem: text, at: position)
            case .view(let view):
                do throws(RowProblem) {
                    let event = try event(view, events)
                    summary.pageViews += 1
                    summary.add(time: view.time)
                    if !ids.add(event) { summary.anonymousViews += 1 }
                } catch { summary.add(problem: error.text, at: position) }
            }
            return progress(done)
        }
        (summary.visitors, summary.sessions) = (Int64(ids.visitors.count), Int64(ids.sessions.count))
        return isComplete ? summary : nil
    }

    /// Reads the file again, and passes its events on in batches; rows that cannot be read are skipped.
    ///
    /// `store` is called with at most `recordsMax` events and the bytes of the file that were read, and returns false to stop.
    ///
    /// Throws what `store` throws, and `ImportError` when the file cannot be read any more.
    ///
    /// - Returns: whether all were passed on.
    package func events(
        secret: String,
        mode: PrivacyMode,
        recordsMax: Int,
        _ store: ([Event], _ done: Int64) throws -> Bool
    ) throws -> Bool {
        let events = ImportedEvents(format, site: site, mode: mode, secret: secret)
        var (batch, bytes): ([Event], Int) = ([], 0)
        let isComplete = try each { item, _, done in
            guard case .view(let view) = item else { return true }
            do throws(RowProblem) {
                let event = try event(view, events)
                batch.append(event)
                bytes += event.bytes.count
            } catch { return true }
            guard batch.count == recordsMax || bytes >= Self.batchBytesMax else { return true }
            defer { (batch, bytes) = ([], 0) }
            return try store(batch, done)
        }
        guard isComplete, !batch.isEmpty else { return isComplete }
        return try store(batch, file.size)
    }

    private func event(_ view: ImportedView, _ events: ImportedEvents) throws(RowProblem) -> Event {
        guard view.time <= now else { throw RowProblem("the time is in the future") }
        guard view.time >= Limits.clientTimestampMicrosecondsMin else { throw RowProblem("the time is before 2000") }
        return try events.event(view)
    }

    // MARK: - Reading

    /// Calls `body` with each item, its position and the bytes of the file that were read, until it returns false.
    private func each(_ body: (ImportItem, _ position: String, _ done: Int64) throws -> Bool) throws -> Bool {
        switch format {
        case .matomo: return try eachVisit(body)
        case .goatcounter:
            var rows = GoatCounterRows()
            return try eachRow({ row, _ throws(RowProblem) in try rows.item(row) }, body)
        case .umami:
            var rows = UmamiRows()
            return try eachRow(
                { row, line in
                    if let other = rows.otherWebsite(row) {
                        throw ImportError(
                            "line \(line) is of the website \(other.prefix(ImportLimits.quotedMax)), and earlier ones of another: export one website; nothing was changed"
                        )
                    }
                    return try rows.item(row)
                },
                body
            )
        }
    }

    private func eachVisit(_ body: (ImportItem, String, Int64) throws -> Bool) throws -> Bool {
        guard file.size <= ImportLimits.jsonBytesMax else { throw tooLarge }
        var bytes: [UInt8] = []
        guard
            try file.each(
                bytesMax: ImportLimits.jsonBytesMax,
                { part, _ in
                    bytes += part
                    return true
                }
            )
        else { return false }
        var visits = MatomoVisits(bytes)
        let scale = Double(file.size) / Double(max(1, bytes.count))
        var isStopped = false
        try visits.each { item, position, offset in
            isStopped = try !body(item, position, Int64(Double(offset) * scale))
            return !isStopped
        }
        return !isStopped
    }

    private var tooLarge: ImportError {
        ImportError(
            "\(file.path) has more than \(ImportLimits.jsonBytesMax >> 20) MiB: export shorter periods, and import each; nothing was "
                + "changed"
        )
    }

    private func eachRow(
        _ item: (CSVTable.Row, _ line: Int) throws -> ImportItem,
        _ body: (ImportItem, String, Int64) throws -> Bool
    ) throws -> Bool {
        var reader = CSVReader()
        var table: CSVTable?
        func pass(_ record: CSVRecord, _ done: Int64) throws -> Bool {
            switch record {
            case .damaged(let line, let problem):
                return try body(.problem(at: "line \(line)", text: problem), "line \(line)", done)
            case .fields(let fields, let line):
                guard let known = table else {
                    table = try CSVTable(header: fields)
                    return true
                }
                let found: ImportItem
                do {
                    found = try item(known.row(fields), line)
                } catch let error as RowProblem {
                    found = .problem(at: "line \(line)", text: error.text)
                }
                return try body(found, "line \(line)", done)
            }
        }
        let isComplete = try file.each(bytesMax: ImportLimits.textBytesMax) { part, done in
            for byte in part {
                guard let record = reader.next(byte) else { continue }
                guard try pass(record, done) else { return false }
            }
            return true
        }
        guard isComplete, let last = reader.finish() else { return isComplete }
        return try pass(last, file.size)
    }
}
