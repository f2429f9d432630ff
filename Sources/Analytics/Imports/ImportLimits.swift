/// The limits of an import.
package enum ImportLimits {
    /// Page views and other rows of a file.
    package static let rowsMax = 10_000_000
    /// Bytes of a file of CSV after decompression: 16 GiB.
    package static let textBytesMax: Int64 = 16 << 30
    /// Bytes of a file of JSON, which is read as a whole: 512 MiB.
    package static let jsonBytesMax: Int64 = 512 << 20
    /// Bytes of a record of CSV.
    package static let recordBytesMax = 262_144
    /// Fields of a record of CSV.
    package static let fieldsMax = 200
    /// Characters of a text of the file that a message repeats.
    static let quotedMax = 100
    /// Rows that cannot be read and are named; the others are counted.
    package static let namedProblemsMax = 20
}
