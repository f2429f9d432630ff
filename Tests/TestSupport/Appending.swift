package import Storage

extension StoreWriter {
    /// Appends a batch that is the only one of its source.
    package func append(_ batch: Batch) throws(StoreError) -> Appended {
        try append(batch, as: BatchID(source: .random(isJournal: false), number: 1, previous: 0))
    }
}
