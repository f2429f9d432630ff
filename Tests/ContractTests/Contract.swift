import Foundation
import TestSupport

/// The files of `Contract/` that declarations in Swift are compared with.
enum Contract {
    struct Limits: Decodable {
        struct Limit: Decodable {
            let value: Int64
        }

        let server: [String: Limit]
        let tracker: [String: Limit]
    }

    struct Vitals: Decodable {
        struct Vital: Decodable {
            let good: Double
            let needsImprovement: Double
            let max: Double
        }

        let vitals: [String: Vital]
    }

    struct Dimensions: Decodable {
        struct Dimension: Decodable {
            let scope: String
            let column: String?
            let payload: String?
            let rankedBy: String?
            let filter: String?
            let newValuesPerDay: Int?
        }

        struct Filter: Decodable {
            let operators: [String]
        }

        struct Property: Decodable {
            let prefix: String
            let filter: String
        }

        let operators: [String: String]
        let filters: [String: Filter]
        let property: Property
        let dimensions: [String: Dimension]

        /// The operators of filters on a dimension; empty if there are none.
        func operators(_ dimension: Dimension) -> Set<String> {
            Set(dimension.filter.flatMap { filters[$0]?.operators } ?? [])
        }
    }

    static func read<Content: Decodable>(_ type: Content.Type, _ name: String) throws -> Content {
        try JSONDecoder().decode(type, from: Repository.file("Contract/\(name)"))
    }
}
