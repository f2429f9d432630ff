import Storage
import Testing

@testable import collector

/// What `collector doctor` concludes about an installation.
@Suite struct InstallationCheckTests {
    private func inspection(missing: [String] = [], ahead: Double? = nil) -> StoreInspection {
        StoreInspection(system: "PostgreSQL 15.14", missingRights: missing, clockAheadSeconds: ahead)
    }

    @Test(arguments: [(-1.0, "ok"), (0.4, "ok"), (1.4, "warning"), (-3.2, "warning")])
    func `clocks may differ by a second`(ahead: Double, state: String) {
        #expect(InstallationDoctor.clock(inspection(ahead: ahead)).state.rawValue == state)
    }

    @Test func `the difference of the clocks has a direction`() {
        #expect(InstallationDoctor.clock(inspection(ahead: 59.6)).message.contains("is 60 s ahead of"))
        #expect(InstallationDoctor.clock(inspection(ahead: -3.2)).message.contains("is 3 s behind"))
        #expect(InstallationDoctor.clock(inspection()).state == .skipped)
    }

    @Test func `some of the missing rights are named and the others counted`() {
        #expect(InstallationDoctor.rights(inspection()).state == .ok)
        let rights = ["a", "b", "c", "d", "e"].map { "insert on \($0)" }
        let check = InstallationDoctor.rights(inspection(missing: rights))
        #expect(check.state == .problem)
        #expect(check.message == "missing: insert on a, insert on b, insert on c, insert on d and 1 more")
        let file = InstallationDoctor.rights(inspection(missing: ["write to the file"]))
        #expect(file.message == "missing: write to the file")
    }

    private func space(_ free: Int64?, _ settings: [String: String]) throws -> DoctorCheck {
        let configuration = try Configuration(flags: [:], environment: settings, dotEnv: ([:], []))
        return DiskChecks.space(configuration, free: free)
    }

    @Test(arguments: [(1023, "problem"), (1024, "warning"), (2047, "warning"), (2048, "ok")])
    func `a disk below the minimum is a problem and below twice of it a warning`(mebibytes: Int64, state: String) throws
    {
        let settings = ["COLLECTOR_DISK_FREE_MIN": "1GiB", "COLLECTOR_JOURNAL_MAX": "16MiB"]
        #expect(try space(mebibytes << 20, settings).state.rawValue == state)
    }

    @Test func `the minimum belongs to the file of SQLite and the journal to both stores`() throws {
        let postgres = ["DB_URL": "postgresql://db/collector", "COLLECTOR_JOURNAL_MAX": "100MiB"]
        #expect(try space(200 << 20, postgres).state == .ok)
        #expect(try space(99 << 20, postgres).state == .warning)
        let unlimited = ["COLLECTOR_DISK_FREE_MIN": "0", "COLLECTOR_JOURNAL_MAX": "0"]
        #expect(try space(1, unlimited).state == .ok)
        #expect(try space(nil, unlimited).state == .skipped)
    }
}
