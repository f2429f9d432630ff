extension Fold {
    /// Cells, fingerprints and events of programs beyond which a portion is written before more is added: they are what takes memory.
    private static let cellsMax = 50_000
    private static let fingerprintsMax = 1000
    private static let robotsMax = 4000

    /// Whether so much has been added up that it is to be written.
    var isLarge: Bool {
        cellsCount > Self.cellsMax || fingerprints.count > Self.fingerprintsMax || robots.count > Self.robotsMax
    }

    /// The value itself, or `(other)` when so many are kept apart already.
    func admitted(_ dimension: Dimension, _ value: String, _ place: Place) -> String {
        names?.value(dimension, value, seconds: place.seconds, site: place.site, audience: place.audience) ?? value
    }

    /// Facts of a metric that a page view is counted by: what it was like, once, and what its slow metrics are owed to.
    static func counted(_ facts: [Fact], _ metric: Metric) -> [Fact] {
        facts.filter { $0.dimension != .navigation || metric == .fcp }
    }
}
