@testable import Aggregation
import Testing

@Suite struct DecimalAmountTests {
    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("19.90", 199_000), ("0.1", 1000), ("0.00005", 1), ("0.00004999", 0), ("-0.00005", -1),
            ("29.990000000000002", 299_900), ("1e2", 1_000_000), ("1E-2", 100), ("1.5e+3", 15_000_000), ("1e-400", 0),
            ("1000000000", 10_000_000_000_000), ("-1000000000.0", -10_000_000_000_000), ("007.5", 75_000),
        ] as [(String, Int64)]
    )
    func `a decimal is exact to a ten-thousandth`(text: String, units: Int64) {
        #expect(DecimalAmount.units(text) == .valid(units))
    }

    @Test(arguments: ["1000000000.0001", "-1e10", "1e300", "99999999999999999999"])
    func `a value beyond the limit is out of range`(text: String) {
        #expect(DecimalAmount.units(text) == .outOfRange)
    }

    @Test(arguments: [
        "", "-", ".5", "5.", "1,5", "€5", "5 EUR", "0x10", "1e", "NaN", "--1", String(repeating: "1", count: 61),
    ])
    func `other texts are no values`(text: String) { #expect(DecimalAmount.units(text) == .notDecimal) }

    @Test func `a currency has three letters`() {
        #expect(DecimalAmount.currency("eur") == "EUR")
        #expect(DecimalAmount.currency("USD") == "USD")
        for text in ["", "EU", "EURO", "E1R", "€", "日本円"] { #expect(DecimalAmount.currency(text) == nil) }
    }
}
