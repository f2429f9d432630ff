extension Option {
    static let archiveTo = Option(
        name: "--to",
        kind: .folder,
        value: "FOLDER",
        summary: "folder of the archive; created if it does not exist"
    )
    static let archiveVerify = Option(
        name: "--verify",
        kind: .folder,
        value: "FOLDER",
        summary: "check all files of an archive instead; needs no database"
    )
    static let archiveBefore = Option(
        name: "--before",
        kind: .text(repeats: false),
        value: "DATE",
        summary: "archive the UTC days before this date; default today"
    )
    static let archiveKeep = Option(
        name: "--keep",
        kind: .text(repeats: false),
        value: "AGE",
        summary: "archive the UTC days that are older than an age, such as 90d, 26w or 2y"
    )
    static let archivedSite = Option(
        name: site.name,
        kind: .text(repeats: false),
        value: "SITE",
        summary: "archive only events and delivery reports of this site; default all sites, and submissions"
    )
}

extension CommandEntry {
    static let archive = CommandEntry(
        command: .archive,
        summary: "Write raw rows of whole days to a folder, before retention removes them",
        paragraphs: [
            "Writes events, submissions and delivery reports with all of their columns as NDJSON that is compressed by gzip: one file for each UTC day and table. 'manifest.json' lists the files with their SHA-256. Safe to run while the server is running.",
            "Run it again to add the days that have ended since. It checks the files that are there, skips those that are complete, and writes a day again that has new rows; rows that retention has removed stay in the archive. After an interruption, run it again.",
        ],
        options: [.archiveTo, .archiveBefore, .archiveKeep, .archivedSite, .archiveVerify, .data]
    )
}
