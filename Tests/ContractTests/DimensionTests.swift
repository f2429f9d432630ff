import Events
import Testing

@testable import Aggregation
@testable import Reports
@testable import Segments

/// Dimensions and vitals of `Contract/`, where Swift has declarations of its own.
@Suite struct DimensionTests {
    private let contract: Contract.Dimensions

    init() throws { contract = try Contract.read(Contract.Dimensions.self, "dimensions.json") }

    @Test func `columns have the scope and the daily limit of their dimensions`() throws {
        let scopes: [Scope: String] = [
            .session: "session", .pageView: "pageview", .event: "event", .resource: "resource",
        ]
        for dimension in ReportDimension.allCases {
            let described = try #require(contract.dimensions[dimension.rawValue])
            #expect(scopes[dimension.column.scope] == described.scope, "\(dimension)")
            let dictionary = try #require(dimension.column.dictionary, "\(dimension)")
            #expect(dictionary.newValuesPerDayMax == described.newValuesPerDay, "\(dimension)")
        }
    }

    @Test func `filters take the operators of the contract, and no others`() {
        #expect(Set(ReportFilter.Operator.allCases.map(\.rawValue)) == Set(contract.operators.keys))
        var expected = contract.dimensions.mapValues { contract.operators($0) }
        let property = contract.filters[contract.property.filter]?.operators ?? []
        expected[contract.property.prefix + "plan"] = Set(property)
        for (name, operators) in expected {
            for one in ReportFilter.Operator.allCases {
                let filter = try? ReportFilter(one.rawValue, name, ["a"])  // An error is a refusal.
                #expect((filter != nil) == operators.contains(one.rawValue), "\(one) \(name)")
            }
        }
    }

    @Test func `payload keys of dimensions are read from page views`() throws {
        let payloads = try Contract.read(Payloads.self, "payloads.json")
        let keys = try #require(payloads.events["pageview"]).keys
        for (name, dimension) in contract.dimensions {
            guard let payload = dimension.payload else { continue }
            #expect(keys[payload]?.read == true, "\(name) is read from \(payload)")
        }
    }

    private struct Payloads: Decodable {
        struct Key: Decodable {
            let read: Bool?
        }

        struct Event: Decodable {
            let keys: [String: Key]
        }

        let events: [String: Event]
    }

    @Test func `vitals have the thresholds and ranges of the contract`() throws {
        let vitals = try Contract.read(Contract.Vitals.self, "vitals.json").vitals
        #expect(Set(vitals.keys) == Set(Vital.allCases.map(\.name)))
        for vital in Vital.allCases {
            let described = try #require(vitals[vital.name])
            #expect(vital.thresholds == (described.good, described.needsImprovement), "\(vital)")
            #expect(NumberField.of(vital).range == 0...described.max, "\(vital)")
        }
    }
}
