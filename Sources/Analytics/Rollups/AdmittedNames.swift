import Segments
import Storage
import Aggregation
import Texts

/// Limits the sites, signals and fingerprints that get rows of their own.
///
/// Further sites and signals share the row `(other)`; further visitors with a fingerprint are not counted.
///
/// A decision depends only on the preceding events in the order of their ids, not on how they are split into
/// portions: admitted names are stored in tables, and a name that is not admitted is not admitted later on the
/// same day. A table is read when a name of its kind first appears. Decisions are pending until the portion is
/// committed.
package final class AdmittedNames {
    /// Limit of sites per store.
    ///
    /// The first `sitesAtOnceMax` sites are admitted at once, later ones at a daily rate: a client that invents
    /// sites cannot use up the capacity needed for the owner's next one.
    static let sitesMax = 1000
    static let sitesAtOnceMax = 500
    static let newSitesPerDayMax = 50
    /// Limits of signal names per site, and over all sites.
    static let signalsPerSiteMax = 100
    package static let signalsMax = 200
    /// Number of names cached between portions; above it they are read from the tables again.
    static let rememberedMax = 500_000

    /// Rows with a limit per day.
    enum Kind: String {
        case fingerprint

        var perDayMax: Int64 {
            switch self {
            case .fingerprint: 100_000
            }
        }
    }

    private struct Admission: Hashable {
        var kind: Kind
        var day: Int64
    }

    private let database: any Database
    private var sites: [ByteText: Int64]?
    private var sitesByDay: [Int64: Int] = [:]
    private var pendingSites: [(site: String, id: Int64, day: Int64)] = []
    private var signals: [ByteText: Set<ByteText>] = [:]
    private var signalNames: Set<ByteText>?
    private var pendingSignals: [(site: String, signal: String)] = []
    private var admissions: [Admission: Int64] = [:]
    private var pendingAdmissions: [Admission: Int64] = [:]
    /// The first error reading a table since the last portion; decisions made after it are discarded.
    private var failure: StoreError?

    init(_ database: any Database) { self.database = database }

    // MARK: - Portions

    /// Throws the error if reading a table has failed.
    func check() throws(StoreError) { if let failure { throw failure } }

    /// Writes the pending decisions; call within the transaction that writes the rows.
    func write() throws(StoreError) {
        try check()
        try database.insert(
            "insert into rollup_sites (site, first_event_id, day)",
            pendingSites.map { [.text($0.site), .integer($0.id), .integer($0.day)] }
        )
        try database.insert(
            "insert into rollup_signals (site, signal)",
            pendingSignals.map { [.text($0.site), .text($0.signal)] }
        )
        try database.insert(
            "insert into rollup_admissions as kept (kind, day, admitted)",
            pendingAdmissions.map { [.text($0.kind.rawValue), .integer($0.day), .integer($1)] },
            "on conflict (kind, day) do update set admitted = kept.admitted + excluded.admitted"
        )
    }

    /// Call after the portion has been committed.
    func keep() {
        (pendingSites, pendingSignals, pendingAdmissions) = ([], [], [:])
        if signals.values.reduce(0, { $0 + $1.count }) > Self.rememberedMax { signals = [:] }
        if admissions.count > Self.rememberedMax { admissions = [:] }
    }

    /// Reverts pending decisions; call when the portion has not been committed.
    func undo() {
        for (site, _, day) in pendingSites {
            sites?[ByteText(site)] = nil
            sitesByDay[day, default: 0] -= 1
        }
        if !pendingSignals.isEmpty { (signals, signalNames) = ([:], nil) }
        for (admission, count) in pendingAdmissions { admissions[admission, default: 0] -= count }
        (pendingSites, pendingSignals, pendingAdmissions) = ([], [], [:])
        if failure != nil { forget() }
    }

    /// Discards all cached state: another process has written, or a table could not be read.
    func forget() {
        (sites, sitesByDay, signals, signalNames, admissions) = (nil, [:], [:], nil, [:])
        (pendingSites, pendingSignals, pendingAdmissions) = ([], [], [:])
        failure = nil
    }

    private func rows(_ sql: String, _ parameters: [SQLValue] = []) -> [[SQLValue]] {
        guard failure == nil else { return [] }
        do { return try database.rows(sql, parameters) } catch {
            failure = error
            return []
        }
    }

    // MARK: - Sites

    /// The site to which an event is attributed, or `(other)`; only an event with `isNew` can admit its site.
    func site(_ site: String, of id: Int64, seconds: Int64, isNew: Bool) -> String {
        // Events without a site, or with the reserved name, are not limited.
        guard !site.isEmpty, site != DimensionDictionaries.otherText else { return site }
        if sites == nil { readSites() }
        if let first = sites?[ByteText(site)] { return id >= first ? site : DimensionDictionaries.otherText }
        let count = sites?.count ?? 0
        let day = UTCDay.start(seconds)
        guard isNew, count < Self.sitesMax,
            count < Self.sitesAtOnceMax || sitesByDay[day] ?? 0 < Self.newSitesPerDayMax
        else { return DimensionDictionaries.otherText }
        sites?[ByteText(site)] = id
        sitesByDay[day, default: 0] += 1
        pendingSites.append((site, id, day))
        return site
    }

    private func readSites() {
        (sites, sitesByDay) = ([:], [:])
        for row in rows("select site, first_event_id, day from rollup_sites") {
            guard let site = row[0].text, let id = row[1].integer, let day = row[2].integer else { continue }
            sites?[ByteText(site)] = id
            sitesByDay[day, default: 0] += 1
        }
    }

    // MARK: - Signals and visitors

    /// The name under which a signal is counted: its own, or `(other)`.
    func signal(_ name: String, site: String) -> String {
        guard name != DimensionDictionaries.otherText else { return name }
        let (own, ownSite) = (ByteText(name), ByteText(site))
        if signals[ownSite] == nil {
            let rows = rows("select signal from rollup_signals where site = ?1", [.text(site)])
            signals[ownSite] = Set(rows.compactMap { $0[0].text.map { ByteText($0) } })
        }
        if signals[ownSite]?.contains(own) == true { return name }
        if signalNames == nil {
            let rows = rows("select distinct signal from rollup_signals")
            signalNames = Set(rows.compactMap { $0[0].text.map { ByteText($0) } })
        }
        guard let names = signalNames, names.contains(own) || names.count < Self.signalsMax,
            signals[ownSite]?.count ?? 0 < Self.signalsPerSiteMax
        else { return DimensionDictionaries.otherText }
        signals[ownSite]?.insert(own)
        signalNames?.insert(own)
        pendingSignals.append((site, name))
        return name
    }

    /// Whether a visitor without a row of this kind gets one on the day that contains `seconds` (since 1970).
    func admit(_ kind: Kind, seconds: Int64) -> Bool {
        let admission = Admission(kind: kind, day: UTCDay.start(seconds))
        if admissions[admission] == nil {
            let row = rows(
                "select admitted from rollup_admissions where kind = ?1 and day = ?2",
                [.text(kind.rawValue), .integer(admission.day)]
            ).first
            admissions[admission] = row?[0].integer ?? 0
        }
        guard let admitted = admissions[admission], admitted < kind.perDayMax else { return false }
        admissions[admission] = admitted + 1
        pendingAdmissions[admission, default: 0] += 1
        return true
    }
}
