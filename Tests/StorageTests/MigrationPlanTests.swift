import Storage
import Testing

private let known = [
    Migration(name: "0001_first", sql: "select 1;"),
    Migration(name: "0002_second", sql: "select 2;"),
    Migration(name: "0003_third", sql: "select 3;"),
]

private func applied(_ migrations: ArraySlice<Migration>) -> [AppliedMigration] {
    migrations.map { AppliedMigration(name: $0.name, checksum: $0.checksum) }
}

/// The sentence of the refusal; nil when there is none.
private func refusal(_ known: [Migration], _ rows: [AppliedMigration]) -> String? {
    do {
        _ = try MigrationPlan.pending(known: known, applied: rows)
        return nil
    } catch {
        guard case .schema(let reason) = error else { return "not about the schema" }
        return reason
    }
}

@Suite struct MigrationPlanTests {
    @Test func `an empty database lacks all, in order`() throws {
        #expect(try MigrationPlan.pending(known: known, applied: []) == known)
    }

    @Test func `applied migrations are not applied again`() throws {
        #expect(try MigrationPlan.pending(known: known, applied: applied(known[..<2])) == [known[2]])
        #expect(try MigrationPlan.pending(known: known, applied: applied(known[...])).isEmpty)
    }

    @Test func `the status names every migration once`() throws {
        let status = try MigrationPlan.status(known: known, applied: applied(known[..<1]))
        #expect(status.map(\.name) == known.map(\.name))
        #expect(status.map(\.isApplied) == [true, false, false])
    }

    @Test func `a file that was changed after it was applied is named`() {
        let rows = [AppliedMigration(name: "0001_first", checksum: String(repeating: "0", count: 64))]
        #expect(
            refusal(known, rows)
                == "migration 0001_first was changed after it was applied; restore its file and add another"
        )
    }

    @Test func `a gap is named`() {
        let rows = applied(known[..<1]) + applied(known[2...])
        #expect(refusal(known, rows) == "migration 0002_second is missing although 0003_third has been applied")
    }

    @Test func `an applied name that is not known is named`() {
        let rows = applied(known[...]) + [AppliedMigration(name: "0004_later", checksum: "x")]
        #expect(
            refusal(known, rows)
                == "the database has migration 0004_later, which this version does not include; "
                + "run the version that applied it or a later one"
        )
    }

    @Test(arguments: ["0002_first", "001_first", "0001first", "first", "00x1_first", ""])
    func `a file out of the numbering is named`(name: String) {
        let reason = refusal([Migration(name: name, sql: "")], [])
        #expect(reason == "migration \(name) is out of sequence; expected number 1")
    }

    @Test func `the original's rows count by their names, for they have no checksums`() throws {
        let rows = [AppliedMigration.adopted(originalName: "001_first")]
        #expect(rows[0].name == "0001_first")
        #expect(try MigrationPlan.pending(known: known, applied: rows) == Array(known[1...]))
    }

    @Test func `a checksum is of the file's bytes`() {
        #expect(
            Migration(name: "0001_x", sql: "abc").checksum
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
    }
}
