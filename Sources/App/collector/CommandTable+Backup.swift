extension Option {
    static let overwrite = Option(
        name: force.name,
        kind: .flag,
        value: nil,
        summary: "replace an existing file"
    )
}

extension CommandEntry {
    /// The name of an argument that is the path of a file.
    static let file = "FILE"

    static let backup = CommandEntry(
        command: .backup,
        summary: "Write all data to a file while the server is running",
        paragraphs: [
            "Copies a snapshot of the database, with SQLite's backup interface or with pg_dump, and checks the copy: its structure and its numbers of rows. The file gets its name only when it is complete. On SQLite, it includes the records of the journal.",
            "The owner's token is not part of the data: keep a copy of the file 'token' of the data folder, too.",
        ],
        options: [.overwrite, .data],
        argument: (file, [])
    )
    static let restore = CommandEntry(
        command: .restore,
        summary: "Fill an empty database with a backup",
        paragraphs: [
            "Checks the whole file first, and refuses one that is damaged or of a later version. Refuses a database that has data or that a server uses. After a failure or an interruption, the database is as before.",
            "Then checks the result, and applies the migrations that the backup lacks.",
        ],
        options: [.data],
        argument: (file, [])
    )

    /// Whether shells complete the argument with the names of files and folders.
    var takesFile: Bool { argument?.name == Self.file || argument?.name == Self.importPath }
}
