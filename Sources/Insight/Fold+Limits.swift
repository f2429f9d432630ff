extension Fold {
    /// Cells, fingerprints and events of programs beyond which a portion is written before more is added: they are what takes memory.
    private static let cellsMax = 50_000
    private static let fingerprintsMax = 1000
    private static let robotsMax = 4000

    /// Whether so much has been added up that it is to be written.
    var isLarge: Bool {
        cellsCount > Self.cellsMax || fingerprints.count > Self.fingerprintsMax || robots.count > Self.robotsMax
    }
}
