import Postgres
import Testing

@Suite struct `Options of a connection string for other programs` {
    @Test(arguments: [
        "postgresql://me:s%27cret@db.example:5433,other:5434/stats?sslmode=require&keepalives_idle=30",
        #"host=db.example,other port=5433,5434 user=me password='s\'cret' dbname=stats sslmode=require keepalives_idle=30"#,
    ])
    func `are variables of libpq, and a string for those that have none`(text: String) throws {
        let options = try #require(ConnectionOptions(text))
        #expect(
            options.environment == [
                "PGHOST": "db.example,other", "PGPORT": "5433,5434", "PGUSER": "me", "PGPASSWORD": "s'cret",
                "PGDATABASE": "stats", "PGSSLMODE": "require",
            ]
        )
        #expect(options.string == "keepalives_idle='30'")
        #expect(options.unsupported == [])
    }

    @Test func `that are secret and have no variable are named`() throws {
        let options = try #require(ConnectionOptions("host=db.example sslpassword=secret"))
        #expect(options.unsupported == ["sslpassword"] && options.string.isEmpty)
    }

    @Test func `are missing if libpq cannot parse the text`() { #expect(ConnectionOptions("nonsense://") == nil) }

    @Test func `quote their values`() {
        #expect(ConnectionOptions.option("dbname", #"it's a \ b"#) == #"dbname='it\'s a \\ b'"#)
    }
}
