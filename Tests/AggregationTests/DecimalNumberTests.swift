import Numbers
import Testing

@Suite struct DecimalNumberTests {
    @Test(
        arguments: [
            ("0", "0"), ("-0", "0"), ("-0.00e7", "0"), ("1.50", "1.5"), ("1e2", "100"), ("1E+2", "100"),
            ("100.0", "100"),
            ("1e-7", "0.0000001"), ("-12.5e-1", "-1.25"), ("007", "7"),
            ("12345678901234567890", "12345678901234567890"),
            ("9007199254740993", "9007199254740993"), ("1e39", "1" + String(repeating: "0", count: 39)),
            ("1e40", "1e40"), ("123e300", "1.23e302"), ("12e-60", "1.2e-59"), ("0.5e1", "5"),
        ]
    )
    func `a number has one text in all notations, with all digits`(sent: String, text: String) {
        let number = DecimalNumber(sent)
        #expect(number?.text == text)
        #expect(number == DecimalNumber(text))
    }

    @Test(arguments: ["", "-", "+1", ".5", "5.", "1e", "1e+", "1.2.3", "0x1", " 1", "NaN", "true"])
    func `other texts are no numbers`(text: String) { #expect(DecimalNumber(text) == nil) }

    @Test func `different numbers are not equal`() {
        #expect(DecimalNumber("9007199254740993") != DecimalNumber("9007199254740992"))
        #expect(DecimalNumber("1") != DecimalNumber("-1") && DecimalNumber("1") != DecimalNumber("10"))
    }
}
