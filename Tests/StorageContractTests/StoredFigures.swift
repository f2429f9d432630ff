import Segments
import Storage
import Events
import TestSupport

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// What the segments of a store come to.
struct StoredFigures {
    static let end = Int64(UInt32.max) + 1

    private let database: any Storage.Database
    private let dictionaries: DimensionDictionaries
    private let from: Int64
    private let to: Int64

    /// `from` is inclusive and `to` exclusive, both in seconds since 1970.
    init(_ store: any Store, from: Int64 = 0, to: Int64 = end) throws {
        database = try store.makeDatabase()
        dictionaries = try DictionaryCache().current(database)
        (self.from, self.to) = (from, to)
    }

    private func run(_ change: (inout ScanQuery) -> Void = { _ in }) throws -> ScanResult {
        var query = ScanQuery(from: from, to: to, edges: [from])
        query.vitals = Vital.allCases
        change(&query)
        return try scan(query, SegmentReader(database), dictionaries)
    }

    /// Segments that a list of paths cannot be read from.
    var damagedSegments: Int {
        get throws {
            try run { $0.lists = [ScanQuery.List(column: .path, measure: .pageViews, limit: 1)] }.damagedSegments
        }
    }

    /// Everybody's figures, or those of people or bots alone.
    func totals(_ traffic: String? = nil) throws -> Aggregate {
        try run { query in
            guard let traffic else { return }
            let codes = [dictionaries.code(of: traffic, in: .traffic)].compactMap { $0 }
            query.filters = [ScanQuery.Filter(column: .traffic, codes: Set(codes))]
        }.total
    }

    /// All values of a column with their figures.
    func rows(
        _ column: Column,
        _ measure: ScanQuery.Measure = .pageViews,
        _ kinds: Set<EventKind> = []
    ) throws -> [String: Aggregate] {
        var list = ScanQuery.List(column: column, measure: measure, limit: 10_000)
        list.eventKinds = kinds
        let result = try run { $0.lists = [list] }.lists[0]
        let pairs = result.rows.map { row in
            (column.dictionary.map { dictionaries.text(row.code, $0) } ?? "", row.sum)
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    func pageViews(_ column: Column) throws -> [String: Int64] { try rows(column).mapValues(\.pageViews) }

    func sessions(_ column: Column) throws -> [String: Int64] { try rows(column, .sessions).mapValues(\.sessions) }

    func errors(_ column: Column) throws -> [String: Int64] { try rows(column, .errors, [.error]).mapValues(\.errors) }
}

extension Store {
    /// Takes in all that there is, in portions of a size.
    func catchUp(limit: Int = Rollups.portionMax) throws {
        let rollups = try Rollups(makeDatabase())
        while try rollups.advance(limit: limit) > 0 {}
    }

    /// What verify finds.
    func differences() throws -> [String] { try Rollups(makeDatabase()).differences().map(\.table) }

    func append(_ events: [Event]) throws {
        let writer = try makeWriter()
        for start in stride(from: 0, to: events.count, by: Batch.recordsMax) {
            _ = try writer.append(Batch(events: Array(events[start..<min(start + Batch.recordsMax, events.count)])))
        }
    }
}
