import CMaxMind

/// The reason why a database in the MaxMind format was not opened.
package struct MaxMindError: Error, Equatable {
    package let reason: String
    /// Whether the same file may be opened later: the system did not read or copy it.
    package let isTemporary: Bool

    package init(reason: String, isTemporary: Bool = false) { (self.reason, self.isTemporary) = (reason, isTemporary) }
}

/// An open database in the MaxMind format, which maps network addresses to records.
///
/// The library maps the file into memory: a file that shrinks while it is open ends the process. Open a file that nobody
/// else writes.
// Unchecked: after opening, the library only reads the database (libmaxminddb(3), "Thread Safety").
@safe package final class MaxMindFile: @unchecked Sendable {
    private let database: UnsafeMutablePointer<MMDB_s>

    /// The values of a record, by the names of GeoLite2 and GeoIP2.
    package struct Record: Sendable, Equatable {
        /// ISO 3166-1 code.
        package var country: String?
        /// ISO 3166-2 code without the country, such as `BE`.
        package var regionCode: String?
        /// English name of the largest subdivision.
        package var regionName: String?
        /// English name of the city.
        package var city: String?
    }

    package init(_ path: String) throws(MaxMindError) {
        let opened = UnsafeMutablePointer<MMDB_s>.allocate(capacity: 1)
        unsafe opened.initialize(to: MMDB_s())
        let status = unsafe MMDB_open(path, UInt32(MMDB_MODE_MMAP), opened)
        guard status == MMDB_SUCCESS else {
            unsafe opened.deallocate()
            throw MaxMindError(reason: unsafe String(cString: MMDB_strerror(status)))
        }
        unsafe database = opened
    }

    deinit {
        unsafe MMDB_close(database)
        unsafe database.deallocate()
    }

    /// The record of an address; nil when the database has none.
    ///
    /// `bytes` are in network order: 4 of an IPv4 address or 16 of an IPv6 address.
    package func record(_ bytes: [UInt8]) -> Record? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var error: Int32 = 0
        var found = unsafe collector_maxmind_lookup(database, bytes, bytes.count == 4 ? 1 : 0, &error)
        guard error == MMDB_SUCCESS, unsafe found.found_entry else { return nil }
        return unsafe Record(
            country: Self.text(&found.entry, collector_maxmind_country)
                ?? Self.text(&found.entry, collector_maxmind_registered_country),
            regionCode: Self.text(&found.entry, collector_maxmind_region_code),
            regionName: Self.text(&found.entry, collector_maxmind_region_name),
            city: Self.text(&found.entry, collector_maxmind_city)
        )
    }

    private static func text(_ entry: inout MMDB_entry_s, _ value: collector_maxmind_value) -> String? {
        var count = 0
        guard let text = unsafe collector_maxmind_text(&entry, value, &count) else { return nil }
        return unsafe String(decoding: UnsafeRawBufferPointer(start: text, count: count), as: UTF8.self)
    }
}
