import Segments
import Testing

@testable import Alerts

/// The kinds of alert rules are those of `Contract/alerts.json`.
@Suite struct AlertKindTests {
    private struct Content: Decodable {
        struct Kind: Decodable {
            struct Threshold: Decodable {
                let min: Double
                let max: Double
                let `default`: Double?
            }

            let threshold: Threshold?
            let samplesMin: Int64?
            let unit: String?
            let hasWindow: Bool?
            let isServer: Bool?
        }

        let kinds: [String: Kind]
    }

    @Test func `thresholds, samples, units and scopes are those of the contract`() throws {
        let contract = try Contract.read(Content.self, "alerts.json").kinds
        #expect(Set(contract.keys) == Set(AlertKind.allCases.map(\.rawValue)))
        for kind in AlertKind.allCases {
            let declared = try #require(contract[kind.rawValue])
            #expect(kind.thresholds == declared.threshold.map { $0.min...$0.max }, "\(kind)")
            #expect(kind.samplesDefault == declared.samplesMin, "\(kind)")
            #expect(kind.hasWindow == (declared.hasWindow ?? false), "\(kind)")
            #expect(kind.isAboutServer == (declared.isServer ?? false), "\(kind)")
            // The default and the unit of a vital are its own.
            guard kind != .vital else { continue }
            #expect(kind.thresholdDefault(nil) == declared.threshold?.default, "\(kind)")
            #expect(kind.unit(nil) == declared.unit ?? "", "\(kind)")
        }
        for vital in Vital.allCases { #expect(AlertKind.vital.thresholdDefault(vital) == vital.thresholds.good) }
    }
}
