import Postgres
import Storage

/// A probe that runs `select 1` on its own connection.
// Unchecked: by the contract of `StoreProbe`, it is used by one thread at a time.
final class PostgresProbe: StoreProbe, @unchecked Sendable {
    private let url: String
    private var connection: Connection?

    init(url: String) {
        self.url = url
    }

    func ping(timeoutMilliseconds: Int32) throws(StoreError) {
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(Int(timeoutMilliseconds))
        func left() -> Int32 { Int32(max(0, clock.now.duration(to: end) / .milliseconds(1))) }

        if let kept = connection {
            do throws(PostgresError) {
                try kept.execute("select 1", timeoutMilliseconds: left())
                return
            } catch {
                connection = nil
                // A restarted server has closed the connection but may be healthy.
                guard error.stage == .notSent else { throw StoreError(error) }
            }
        }
        connection = try guarded { () throws(PostgresError) in
            let fresh = try Connection(url: url, timeoutMilliseconds: left())
            try fresh.execute("select 1", timeoutMilliseconds: left())
            return fresh
        }
    }
}
