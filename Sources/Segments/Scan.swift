/// Answers a query by one pass over the columns that it needs, and a second one where rows of lists want more than counts.
package func scan<Source: SegmentSource>(
    _ query: ScanQuery,
    _ source: Source,
    _ dictionaries: DimensionDictionaries
) throws(Source.Failure) -> ScanResult { fatalError("not written yet") }
