import Imports

extension Option {
    static let importFormat = Option(
        name: format.name,
        kind: .choice(ImportFormat.allCases.map(\.rawValue)),
        value: "FORMAT",
        summary: "\(ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")); default by the contents of FILE"
    )
    static let importedSite = Option(
        name: site.name,
        kind: .text(repeats: false),
        value: "HOST",
        summary: "name of the site that the page views of FILE belong to; required for FILE"
    )
    static let importDryRun = Option(
        name: dryRun.name,
        kind: .flag,
        value: nil,
        summary: "check FILE, print its counts, and change nothing"
    )
    static let skipInvalid = Option(
        name: "--skip-invalid",
        kind: .flag,
        value: nil,
        summary: "import FILE without the rows that cannot be read; without it, they prevent the import"
    )
}

extension CommandEntry {
    /// The name of the argument, which is the folder of an archive or the file of an export.
    static let importPath = "FOLDER|FILE"

    static let importing = CommandEntry(
        command: .import,
        summary: "Read an archive, or an export of GoatCounter, Matomo or Umami, into a database",
        paragraphs: [
            "FOLDER is an archive. Checks the whole archive first, and changes nothing if a file is damaged. Rows get the ids and times that they had; rows that the database has are skipped. Then recomputes the rollups. After an interruption, run it again.",
            "Refuses a database from which retention has removed events, because their figures are kept and would count twice, and one that has other rows with the same ids. Works with SQLite and PostgreSQL, whichever the archive is from.",
            "FILE is an export of another product: the CSV of GoatCounter, 'website_event' of Umami as CSV, or the JSON of Live.getLastVisitsDetails of Matomo, also compressed by gzip. Its page views become page views of the site HOST, with their times, and marked as imported. Checks the whole file first: it names the rows that cannot be read by their lines, and then changes nothing. Rows that are stored are skipped, so it can be run again. Safe to run while the server is running.",
        ],
        options: [.importFormat, .importedSite, .importDryRun, .skipInvalid, .data],
        argument: (importPath, [])
    )
}
