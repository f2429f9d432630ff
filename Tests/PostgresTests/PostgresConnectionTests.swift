import Foundation
import Postgres
import TestSupport
import Testing

private let limit: Int32 = 20_000

@Suite struct PostgresConnectionTests {
    private let cluster: Cluster

    init() throws {
        cluster = try Cluster.shared.get()
    }

    private func connect() throws -> Connection {
        try Connection(url: cluster.url("postgres"), timeoutMilliseconds: limit)
    }

    /// The error of a connection that cannot be made.
    private func failure(_ url: String) -> String? {
        let error = #expect(throws: PostgresError.self) { try Connection(url: url, timeoutMilliseconds: limit) }
        #expect(error?.stage == .notSent)
        return error?.reason
    }

    // MARK: - Connecting

    @Test func `failures to connect are named without hosts, users and passwords`() throws {
        let url = cluster.url("postgres")
        #expect(
            failure(url.replacingOccurrences(of: Cluster.password, with: "guess"))
                == "the server rejected the password in DB_URL"
        )
        #expect(failure(cluster.url("nothing_here")) == "the database or user in DB_URL does not exist")
        #expect(failure("postgresql://u:p@127.0.0.1:1/d") == "nothing is listening at the address in DB_URL")
        #expect(failure("postgresql:///d?host=/nowhere") == "nothing is listening at the socket in DB_URL")
        #expect(failure(url + "?sslmode=require") == "DB_URL requires TLS, but the server does not support it")
        #expect(failure(url + "?nonsense=1") == "DB_URL is not a valid connection string")
        #expect(failure(url + "?target_session_attrs=standby") != nil)
    }

    @Test func `both spellings of the scheme are taken`() throws {
        let url = cluster.url("postgres").replacingOccurrences(of: "postgresql://", with: "postgres://")
        let connection = try Connection(url: url, timeoutMilliseconds: limit)
        #expect(try connection.execute("select 1", timeoutMilliseconds: limit).rows == [["1"]])
    }

    @Test func `of several hosts the first that responds is used`() throws {
        let two = cluster.url("postgres").replacingOccurrences(of: "@127", with: "@127.0.0.1:1,127")
        let connection = try Connection(url: two + "?target_session_attrs=read-write", timeoutMilliseconds: limit)
        #expect(try connection.execute("select 1", timeoutMilliseconds: limit).rows == [["1"]])
    }

    @Test func `a host that accepts and says nothing fails within the limit`() throws {
        let silent = try SilentListener()
        let clock = ContinuousClock()
        let time = clock.measure {
            let url = "postgresql://u:p@127.0.0.1:\(silent.port)/d"
            let error = #expect(throws: PostgresError.self) { try Connection(url: url, timeoutMilliseconds: 300) }
            #expect(error?.reason == "the connection timed out")
        }
        #expect(time >= .milliseconds(290))
        #expect(time < .seconds(5))
    }

    @Test func `a silent host gives way to the next`() throws {
        let silent = try SilentListener()
        let two = cluster.url("postgres").replacingOccurrences(of: "@127", with: "@127.0.0.1:\(silent.port),127")
        let connection = try Connection(url: two, timeoutMilliseconds: 2000)
        #expect(try connection.execute("select 1", timeoutMilliseconds: limit).rows == [["1"]])
    }

    // MARK: - Statements

    @Test func `text and NULL come back as they were given`() throws {
        let connection = try connect()
        let result = try connection.query(
            "select $1::text, $2::text, $3",
            ["aß🙂", nil, ""],
            timeoutMilliseconds: limit
        )
        #expect(result.rows == [["aß🙂", nil, ""]])
    }

    @Test func `binary parameters of a prepared statement arrive, however large`() throws {
        let connection = try connect()
        try connection.prepare("sizes", "select length($1::bytea), $2::integer", timeoutMilliseconds: limit)
        let large = 20 << 20
        let buffer = [UInt8](repeating: 7, count: large) + [0, 0, 1, 0]
        for _ in 0..<2 {
            let result = try connection.run(
                "sizes",
                buffer,
                [0..<large, large..<large + 4],
                timeoutMilliseconds: limit
            )
            #expect(result.rows == [[String(large), "256"]])
        }
    }

    @Test func `notices are not printed and changed rows are counted`() throws {
        let connection = try connect()
        try connection.execute("create temp table t (a integer)", timeoutMilliseconds: limit)
        try connection.execute("do $$ begin raise notice 'hello'; end $$", timeoutMilliseconds: limit)
        let result = try connection.execute("insert into t values (1), (2)", timeoutMilliseconds: limit)
        #expect(result.changed == 2)
    }

    @Test func `an error carries its state and not its data`() throws {
        let connection = try connect()
        let error = #expect(throws: PostgresError.self) {
            try connection.query("select $1::integer", ["secret"], timeoutMilliseconds: limit)
        }
        #expect(error?.stage == .answered)
        #expect(error?.sqlState == "22P02")
        #expect(error?.reason == "PostgreSQL error 22P02")
        #expect(try connection.execute("select 1", timeoutMilliseconds: limit).rows == [["1"]])
    }

    @Test func `an answer that does not come in time leaves the outcome open`() throws {
        let connection = try connect()
        let error = #expect(throws: PostgresError.self) {
            try connection.execute("select pg_sleep(10)", timeoutMilliseconds: 200)
        }
        #expect(error?.stage == .unanswered)
    }

    // MARK: - Connections that break

    private func terminate(_ pid: String) throws {
        try cluster.psql("postgres", "select pg_terminate_backend(\(pid), 10000)")
    }

    @Test func `a connection that was closed while idle is noticed before anything is sent`() throws {
        let connection = try connect()
        let pid = try #require(try connection.execute("select pg_backend_pid()", timeoutMilliseconds: limit).rows[0][0])
        try terminate(pid)
        let error = #expect(throws: PostgresError.self) {
            try connection.execute("select 1", timeoutMilliseconds: limit)
        }
        #expect(error?.stage == .notSent)
    }

    @Test func `a statement that the server ends itself was not carried out`() throws {
        let connection = try connect()
        let error = #expect(throws: PostgresError.self) {
            try connection.execute(
                "select pg_terminate_backend(pg_backend_pid()), pg_sleep(10)",
                timeoutMilliseconds: limit
            )
        }
        #expect(error?.stage == .answered)
        #expect(error?.sqlState == "57P01")
    }

    @Test func `an end that comes between the outcome and the commit leaves it open`() throws {
        let connection = try connect()
        let error = #expect(throws: PostgresError.self) {
            try connection.execute(
                "select 1; select pg_terminate_backend(pg_backend_pid()), pg_sleep(10)",
                timeoutMilliseconds: limit
            )
        }
        #expect(error?.stage == .unanswered)
    }
}

/// A socket that takes connections and never says a word.
private final class SilentListener {
    private let socket: Int32
    let port: UInt16

    init() throws {
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0
                    && listen(socket, 8) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(isListening)
    }

    deinit { close(socket) }
}
