extension DemoData {
    private static let plans = ["free", "free", "starter", "pro"]
    private static let prices = ["9.90", "19.90", "49.00", "129.95"]
    private static let currencies = ["EUR", "EUR", "USD", "GBP"]

    /// A sign-up on one of six views of the prices, a purchase on one of five of the cart, `404` on each of a missing
    /// page; nil otherwise.
    ///
    /// The seed is not that of the visits, so that the rest of the visit does not change.
    func conversion(_ path: String, seed: UInt64) -> (type: String, payload: String)? {
        var own = SplitMix(seed)
        func pick(_ values: [String]) -> String { values[Int(own.next() % UInt64(values.count))] }
        switch path {
        case "/pricing":
            guard own.unit() < 0.17 else { return nil }
            return ("signup", #"{"plan":"\#(pick(Self.plans))"}"#)
        case "/cart":
            guard own.unit() < 0.2 else { return nil }
            return ("purchase", #"{"value":\#(pick(Self.prices)),"currency":"\#(pick(Self.currencies))"}"#)
        default: return path.hasPrefix(Self.missing) ? ("404", "{}") : nil
        }
    }
}
